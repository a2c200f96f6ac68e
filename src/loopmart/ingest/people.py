"""What contracts say about people: functions of SQL that bring names, birthdays, addresses and phones into one form.

What they give is only ever written as a token. Two lists that write the same person differently, or show only a part,
meet in the parts that both show. What says nothing (masked, a placeholder, a default date) is empty: blanks never join.
"""

from __future__ import annotations

import re

import duckdb

_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
_NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + " "
_TITLE = "(先生|女士|小姐|太太|同学|老师|老板|阿姨)$"
_PLACEHOLDER = (
    "(会员|顾客|客户|匿名.*|微信用户|散客|游客|测试.*|无|无名|未知|null|none|n/?a|nan|test.*|unknown|anonymous|guest)"
)
_REGION = (
    "^(?:中国)?(?:[^0-9]{2,8}?(?:省|自治区|特别行政区))?([^0-9]{2,10}?(?:市|自治州|地区|盟))?"
    "([^0-9]{1,8}?(?:区|县|旗|市))?"
)
_ROAD = r"^.*?(?:路|街|道|巷|弄|村|镇|乡|里|苑|园|坊)[0-9]+(?:号|弄|栋|幢)?"
_SOUNDS = ("abcdefghijklmnopqrstuvwxyz", "01230120022455012623010202")
_BLANK_DATES = "('1900-01-01', '1970-01-01')"


def _let(value: str, expression: str, name: str) -> str:
    """SQL that works `value` out once and uses it as `name`: a macro writes an argument out wherever it is named."""
    return f"list_transform([{value}], lambda {name}: {expression})[1]"


def _nest(call: str, innermost: str, digits: str) -> str:
    """SQL of a call about the same call with the digit before."""
    for digit in digits:
        innermost = call.format(innermost, digit=digit)
    return innermost


MACROS = {
    "plain_text(t)": f"""nullif(trim(regexp_replace(strip_accents(lower(translate(t, '{_WIDE.replace("'", "''")}',
        '{_NARROW.replace("'", "''")}'))), '\\s+', ' ', 'g')), '')""",
    "is_han(t)": r"regexp_matches(t, '\p{Han}')",
    "_name_parts(x)": rf"""case
        when regexp_matches(x, '[0-9@]|^{_PLACEHOLDER}$') then null
        when is_han(x) and not contains(x, '·')
        then list_filter(
            string_split(regexp_replace(x, '{_TITLE}', ''), ''), lambda sign: sign = '*' or is_han(sign))
        else list_filter(regexp_split_to_array(regexp_replace(x, '[''’]', '', 'g'), '[^\p{{L}}*]+'), lambda w: w <> '')
        end""",
    "_whole_name(x, parts)": f"""case
        when len(parts) < 2 or contains(x, '*') or regexp_matches(x, '{_TITLE}') then null
        when is_han(x) then array_to_string(parts, '') else array_to_string(list_sort(parts), ' ') end""",
    "_shown(part)": "case when not contains(part, '*') then part end",
    "person_name(t)": _let("plain_text(t)", _let("_name_parts(x)", "_whole_name(x, parts)", "parts"), "x"),
    "name_first(t)": _let("_name_parts(plain_text(t))", "_shown(parts[1])", "parts"),
    "name_last(t)": _let(
        "_name_parts(plain_text(t))",
        "case when len(parts) > 1 or not is_han(parts[1]) then _shown(parts[-1]) end",
        "parts",
    ),
    "_soundex_runs(codes)": _nest("regexp_replace({}, '{digit}+', '{digit}', 'g')", "codes", "123456"),
    "_soundex_codes(word)": f"""_soundex_runs(translate(
        left(word, 1) || regexp_replace(substr(word, 2), '[hw]', '', 'g'), '{_SOUNDS[0]}', '{_SOUNDS[1]}'))""",
    "soundex(word)": "left(upper(left(word, 1)) || replace(substr(_soundex_codes(word), 2), '0', '') || '000', 4)",
    "name_sound(t)": _let(
        "person_name(t)",
        """case when not is_han(name) then array_to_string(list_sort(
        list_transform(string_split(name, ' '), lambda word: soundex(word))), ' ') end""",
        "name",
    ),
    "_read_day(x)": """coalesce(
        try_strptime(regexp_replace(regexp_extract(
            x, '^[0-9]{4}[-/.年][0-9]{1,2}[-/.月][0-9]{1,2}'), '[/.年月]', '-', 'g'), '%Y-%m-%d'),
        try_strptime(regexp_extract(x, '^[0-9]{8}$'), '%Y%m%d'))""",
    "_day(t)": _let(
        "_read_day(plain_text(t))", f"case when strftime(day, '%Y-%m-%d') not in {_BLANK_DATES} then day end", "day"
    ),
    "birth_date(t)": _let("_day(t)", "case when year(day) > 1900 then strftime(day, '%Y-%m-%d') end", "day"),
    "birth_year(t)": "left(birth_date(t), 4)",
    "_month_day(x)": """try_strptime('2000-' || regexp_replace(
        regexp_extract(x, '^([0-9]{1,2}[-/.月][0-9]{1,2})日?$', 1), '[/.月]', '-', 'g'), '%Y-%m-%d')""",
    "birth_month_day(t)": "strftime(coalesce(_day(t), _month_day(plain_text(t))), '%m-%d')",
    "_shown_address(t)": _let("plain_text(t)", "case when contains(x, '*') then null else x end", "x"),
    "_dense(x)": "regexp_replace(x, '[ -/:-@\\[-`{-~、。·]+', '', 'g')",
    "_words(x)": r"regexp_replace(trim(regexp_replace(x, '[ -/:-@\[-`{-~]+', ' ', 'g')), '^[^ ]*$', '')",
    "address(t)": _let(
        "_shown_address(t)",
        f"""nullif(case
        when is_han(x) then regexp_extract(regexp_replace(_dense(x), '{_REGION}', ''), '^.{{4,}}$')
        else _words(split_part(x, ',', 1)) end, '')""",
        "x",
    ),
    "street(t)": _let(
        "address(t)",
        rf"""nullif(case when is_han(y) then regexp_extract(y, '{_ROAD}')
        else trim(regexp_replace(y, '[^ ]*[0-9][^ ]* *', '', 'g')) end, '')""",
        "y",
    ),
    "place(t)": _let(
        "_shown_address(t)",
        f"""nullif(case
        when is_han(x) then coalesce(
            nullif(regexp_extract(_dense(x), '{_REGION}', 2), ''), regexp_extract(_dense(x), '{_REGION}', 1))
        when contains(x, ',') then _words(substr(x, strpos(x, ',') + 1)) end, '')""",
        "x",
    ),
    "phone_mask(t)": _let(
        "regexp_replace(plain_text(t), '[ -]', '', 'g')",
        r"""case
        when regexp_matches(x, '^(\+?86|0086)?1[3-9][0-9]([0-9]{4}|[*x]{3,5})[0-9]{4}$')
        then regexp_extract(x, '1[3-9][0-9](?:[0-9]{4}|[*x]{3,5})[0-9]{4}$')[:3] || right(x, 4) end""",
        "x",
    ),
}
"""Functions by signature, with their SQL; those with an underscore are parts of others.

- `person_name(t)`: the whole name, the words of a Latin one in alphabetical order, for lists turn them around; empty
  where signs are masked, a title stands for the given name, or there is one word only.
- `name_first(t)`, `name_last(t)`: its first and last word, of a Chinese name its first and last sign, if shown.
- `name_sound(t)`: Soundex of each word (American Soundex, as the US National Archives define it) of a Latin name.
- `birth_date(t)`, `birth_year(t)`, `birth_month_day(t)`: as 1990-03-08, 1990, 03-08; lists that do not know the year
  write 1900 or leave it out.
- `address(t)`: what follows province, city and district, or precedes the first comma.
- `street(t)`: of that the road with its number, or the words without the numbers.
- `place(t)`: the district, else the city, or what follows the first comma.
- `phone_mask(t)`: first 3 and last 4 digits of a mobile number of China, whether the list shows the others or not.
"""


_NAMED = re.compile(rf"\b({'|'.join(re.escape(signature.partition('(')[0]) for signature in MACROS)})\(")


def speaks_of_people(expression: str) -> bool:
    """Whether an expression calls one of these functions."""
    return _NAMED.search(expression) is not None


def create_people_macros(engine: duckdb.DuckDBPyConnection) -> None:
    """Make the functions of `MACROS` in the engine."""
    for signature, body in MACROS.items():
        engine.execute(f"create or replace macro {signature} as {body}")
