"""EDI files as partners send them, made for tests."""

from __future__ import annotations

from collections.abc import Sequence

ISA = "ISA*00*          *00*          *ZZ*{sender:<15}*ZZ*{receiver:<15}*261120*1200*U*00401*{control}*0*P*>~\n"


def purchase(number: str, *lines: tuple[str, str, str], st: str = "0001", total: str = "", units: str = "EA") -> str:
    """One 850; a line is (quantity, price, sku)."""
    parts = [
        f"ST*850*{st}",
        f"BEG*00*SA*{number}**20261120",
        "CUR*BY*EUR",
        "PER*BD*Ana Lee*EM*purchasing@acme.example*TE*+33 1 42 68 53 00",
        "N1*BY*ACME SARL*92*B77",
        "N1*ST*ACME Store 12*92*S12",
        "N3*8 rue Pasteur",
        "N4*Lyon**69007*FR",
        *(f"PO1*{at}*{q}*{units}*{price}*PE*VP*{sku}" for at, (q, price, sku) in enumerate(lines, 1)),
        f"CTT*{len(lines)}",
        *([f"AMT*TT*{total}"] if total else []),
    ]
    return "".join(f"{part}~\n" for part in [*parts, f"SE*{len(parts) + 1}*{st}"])


def interchange(sets: Sequence[str], control: str = "000000101", group: str = "7", sender: str = "ACME") -> str:
    head = ISA.format(sender=sender, receiver="WISMO", control=control)
    body = f"GS*PO*{sender}*WISMO*20261120*1200*{group}*X*004010~\n" + "".join(sets)
    return head + body + f"GE*{len(sets)}*{group}~\nIEA*1*{control}~\n"


def edifact(number: str, *lines: tuple[str, str, str], total: str = "") -> str:
    parts = [
        "UNH+1+ORDERS:D:96A:UN:EAN008",
        f"BGM+220+{number}+9",
        "DTM+137:20261120:102",
        "NAD+BY+4012345000009::9++ACME GmbH+Hauptstr. 1+Berlin++10115+DE",
        "COM+einkauf@acme.example:EM",
        "NAD+DP+4012345000016::9++ACME Lager+8 rue Pasteur+Lyon++69007+FR",
        "CUX+2:EUR:9",
        *(
            part
            for at, (quantity, price, sku) in enumerate(lines, 1)
            for part in (f"LIN+{at}++4000862141404:EN", f"PIA+5+{sku}:SA", f"QTY+21:{quantity}:PCE", f"PRI+AAA:{price}")
        ),
        "UNS+S",
        *([f"MOA+86:{total}"] if total else []),
        f"CNT+2:{len(lines)}",
    ]
    text = "".join(f"{part}'\n" for part in [*parts, f"UNT+{len(parts) + 1}+1"])
    return f"UNA:+.? '\nUNB+UNOC:3+ACME:14+WISMO:14+261120:1200+REF1'\n{text}UNZ+1+REF1'\n"
