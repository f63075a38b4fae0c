"""Writes the characters that the fonts of images are cut down to: latin.txt and japanese.txt, for pyftsubset --text-file."""

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x370, 0x460)]
SIGNS = [0x2010, 0x2013, 0x2014, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2026, 0x20AC, *range(0x2070, 0x208F),
         *range(0x2190, 0x2194), 0x2212, 0x221A, 0x221E, 0x2248, 0x2260, 0x2264, 0x2265]
JAPANESE = [*LATIN, *range(0x2010, 0x2027), 0x2030, 0x2032, 0x2033, 0x203B, *range(0x2100, 0x219A), 0x21D2, 0x21D4,
            *range(0x2200, 0x2300), *range(0x2460, 0x2500), *range(0x25A0, 0x2600), 0x2605, 0x2606, 0x2640, 0x2642,
            0x266A, *range(0x3000, 0x3100), *range(0x31F0, 0x3400), *range(0xFF01, 0xFFEF), *map(ord, "𠮷塚德彅鷗")]


def code_page_932():
    for lead in range(0x81, 0xFD):
        for trail in range(0x40, 0xFD):
            try:
                text = bytes([lead, trail]).decode("cp932")
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                yield ord(text)


def write(path, codes):
    with open(path, "w", encoding="utf-8") as file:
        file.write("".join(chr(c) for c in sorted(set(codes))))


write("latin.txt", [*LATIN, *SIGNS])
write("japanese.txt", [*JAPANESE, *code_page_932()])
