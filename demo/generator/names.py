"""Names as people have them in Chongqing. Any of them may be somebody's; no person is meant."""

import random
from itertools import accumulate
from typing import Final

from demo.generator.figures import NAMES_WITH_A_DOT

# Shares in per mille, rounded, after the Ministry of Public Security's report on names of 2020 for the first five,
# which cover 30.8 % together; the rest falls off as such lists do (chosen).
SURNAMES: Final = {
    "王": 72, "李": 72, "张": 68, "刘": 54, "陈": 45, "杨": 31, "赵": 23, "黄": 23, "周": 21, "吴": 20,
    "徐": 17, "孙": 15, "胡": 13, "朱": 13, "高": 12, "林": 12, "何": 12, "郭": 11, "马": 11, "罗": 10,
    "梁": 8, "宋": 8, "郑": 8, "谢": 7, "韩": 7, "唐": 7, "冯": 6, "于": 6, "董": 6, "萧": 1,
    "程": 6, "曹": 6, "袁": 5, "邓": 6, "许": 5, "傅": 3, "沈": 4, "曾": 5, "彭": 5, "吕": 5,
    "苏": 5, "卢": 5, "蒋": 5, "蔡": 4, "贾": 4, "丁": 4, "魏": 4, "薛": 3, "叶": 4, "阎": 1,
    "余": 4, "潘": 4, "杜": 4, "戴": 3, "夏": 4, "钟": 4, "汪": 4, "田": 4, "任": 4, "姜": 4,
    "范": 4, "方": 4, "石": 4, "姚": 3, "谭": 4, "廖": 4, "邹": 3, "熊": 3, "金": 3, "陆": 3,
    "郝": 3, "孔": 2, "白": 3, "崔": 3, "康": 2, "毛": 2, "邱": 2, "秦": 3, "江": 3, "史": 2,
    "顾": 2, "侯": 2, "邵": 2, "孟": 2, "龙": 3, "万": 3, "段": 2, "雷": 3, "钱": 2, "汤": 2,
    "冉": 3, "向": 2, "牟": 1, "欧阳": 1, "上官": 1,
}  # fmt: skip
# By sex: the first and the second character of a given name of two, and given names of one.
GIVEN: Final = {
    "man": (
        "志建国文明宇浩子俊嘉天泽博思永家宏伟振晓成立德海新光佳智昊一",
        "强军杰辉涛鹏飞宇轩豪然航磊洋哲远峰华平林斌凯毅龙波健鑫源铭霖",
        "伟强磊军勇杰涛超鹏浩宇博凯毅昊翔鑫俊",
    ),
    "woman": (
        "雨欣诗梓思佳晓雅静丽婷梦若子美紫语可芷春秀玉海文雪心奕一嘉慧",
        "涵怡萱琪桐瑶妍洁玲娜雯婷彤蕾颖琳霞燕梅芳敏慧莹倩薇琴宁悦然曦",
        "静丽娟敏艳霞婷雪倩颖琳洁妍悦瑶怡",
    ),
}
ONE_CHARACTER: Final = 0.14
# Two parts, the second a father's or a clan's.
IN_PARTS: Final = (
    ("阿依古丽", "迪丽努尔", "艾孜买提", "古丽巴哈尔", "阿卜杜热西提", "木拉提", "叶尔兰", "阿依努尔", "吉克", "沙马"),
    ("买买提", "吐尔逊", "艾力", "阿卜杜外力", "巴合提", "努尔兰", "依明", "阿木", "尔古", "拉且"),
)  # fmt: skip

_SURNAMES: Final = tuple(SURNAMES)
_CUMULATED: Final = tuple(accumulate(SURNAMES.values()))


def make_name(chance: random.Random, *, sex: str) -> str:
    """Return a name for a man or a woman, now and then one with a middle dot."""
    if chance.random() < NAMES_WITH_A_DOT:
        own, other = IN_PARTS
        return f"{chance.choice(own)}·{chance.choice(other)}"
    first, second, single = GIVEN[sex]
    (surname,) = chance.choices(_SURNAMES, cum_weights=_CUMULATED)
    if chance.random() < ONE_CHARACTER:
        return surname + chance.choice(single)
    return surname + chance.choice(first) + chance.choice(second)
