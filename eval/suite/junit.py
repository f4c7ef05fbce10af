"""A run as JUnit XML, as CI servers read it. No times: the same run gives the same bytes."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from eval.suite.results import Run, Standing


def xml_of(run: Run) -> bytes:
    root = Element("testsuites", name=f"wismo eval {run.suite}")
    for group in run.groups:
        own = [one for one in run.standings if one.case.group == group]
        counts = run.counts(group)
        suite = SubElement(
            root,
            "testsuite",
            name=group,
            tests=str(len(own)),
            failures=str(counts["failed"]),
            skipped=str(counts["known"]),
            errors="0",
        )
        for one in own:
            _case(suite, one)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _case(suite: Element, one: Standing) -> None:
    case = SubElement(suite, "testcase", classname=one.case.group, name=one.case.id)
    if one.status == "known":
        SubElement(case, "skipped", message=one.case.known_issue)
    elif one.status == "failed":
        told = [
            f"{each.where}: {each.what}: expected {each.expected}; got {each.got}" for each in one.shown.differences
        ]
        failure = SubElement(case, "failure", message=_clean(told[0]))
        failure.text = _clean("\n".join([*told, "", *(f"{line.who}: {line.text}" for line in one.shown.transcript)]))
    elif one.status == "fixed":
        SubElement(case, "system-out").text = "fixed: remove known_issue"


def _clean(text: str) -> str:
    """XML 1.0 has no place for most control characters."""
    return "".join(char for char in text if char in "\t\n\r" or ord(char) >= 32)
