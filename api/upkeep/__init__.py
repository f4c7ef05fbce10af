"""For whoever changes it: pins and licences, known vulnerabilities, documentation made from the code."""
