"""The weekly page as one HTML file: no script, nothing loaded; reads on a telephone, prints on two A4 pages.

In: a `WeekView`.  Out: bytes.  Pure.  Every text is escaped; the charts are drawn as SVG.
"""

from __future__ import annotations

from html import escape

from collab_xl.build.style import FONT, PALETTE
from collab_xl.build.week_view import ViewBlock, ViewCard, WeekView, colour_of
from collab_xl.catalogue import text

_COLOURS = {"red": f"#{PALETTE['accent2']}", "amber": f"#{PALETTE['accent3']}", "green": f"#{PALETTE['accent5']}"}
_INK, _MUTED, _CARD, _LINE, _ACCENT = (f"#{PALETTE[slot]}" for slot in ("dk1", "dk2", "lt2", "accent6", "accent1"))
_FILLS = {"red": f"#{PALETTE['accent2']}", "amber": f"#{PALETTE['accent4']}", "green": f"#{PALETTE['accent5']}", "none": _MUTED}
_FONTS = '"{}","Noto Sans CJK SC","PingFang SC",sans-serif'
_CENTRED = frozenset({"day", "moment", "days", "percent", "number", "count", "rate", "rag", "word"})
_CSS = f"""
*{{box-sizing:border-box}} body{{margin:0 auto;max-width:1180px;padding:16px;color:{_INK};background:#fff;font:15px/1.45 FONT}}
h1{{font-size:24px;margin:0}}
h2{{font-size:15px;margin:18px 0 4px;padding-bottom:3px;border-bottom:1px solid {_LINE};color:{_INK};display:flex}}
h2 small{{margin-left:auto;font-weight:400;color:{_MUTED}}} .muted{{color:{_MUTED}}}
.note{{margin:2px 0}} header p{{margin:2px 0;display:flex;gap:16px;flex-wrap:wrap}}
.verdict{{display:flex;margin:10px 0;background:{_CARD}}}
.light{{color:#fff;padding:12px 18px;min-width:130px;text-align:center;font-size:22px;font-weight:700}}
.light small{{display:block;font-size:13px;font-weight:400}} .why{{padding:10px 14px}} .why p{{margin:0 0 4px}}
.cards{{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:8px}}
.card{{background:{_CARD};border-left:4px solid {_ACCENT};padding:8px 12px}}
.card b{{display:block;font-size:28px;line-height:1.2}} .bands{{display:flex;gap:24px;flex-wrap:wrap}} .bands>section{{min-width:300px}}
table{{border-collapse:collapse;width:100%}} th{{text-align:left;font-weight:400;color:{_MUTED}}}
td,th{{padding:3px 8px 3px 0;border-bottom:1px solid {_LINE};vertical-align:top}}
.c{{text-align:center;white-space:nowrap}} .b{{font-weight:700}} svg{{width:100%;height:auto}}
footer{{margin-top:14px;color:{_MUTED};font-size:13px}}
@media (max-width:600px){{body{{padding:10px}} .verdict{{flex-direction:column}}}}
@page{{size:A4 landscape;margin:9mm}}
@media print{{body{{max-width:none;padding:0;font-size:9.5pt}} .two{{break-before:page}}
section{{break-inside:avoid}}}}
"""


def week_html(view: WeekView) -> bytes:
    """The file, UTF-8."""
    lang = view.lang
    parts = [
        f'<!doctype html>\n<html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(view.title)} {escape(view.week)}</title>",
        f"<style>{_CSS.replace('FONT', _FONTS.format(FONT[lang]))}</style></head><body>",
        f"<header><h1>{escape(view.title)}</h1><p><span class=muted>{escape(view.period)}</span>",
        f"<span>{escape(view.missing)}</span></p></header>",
        f'<div class=verdict><div class=light style="background:{_FILLS[view.light]}">{escape(view.light_words)}'
        f"<small>{escape(view.before)}</small></div>",
        f"<div class=why><p class=b>{escape(view.reason)}</p><p>{escape(view.change)}</p><p class=b>{escape(view.outlook)}</p></div></div>",
        f"<div class=cards>{''.join(map(_card, view.cards))}</div>",
        *(_band(band, lang) for band in view.sponsor),
        f"<p class=muted>{escape(view.legend)}</p>" if view.legend else "",
        "<div class=two></div>",
        _block(view.departments, lang),
        _charts(view),
        *(_band(band, lang) for band in (*view.follow_up, *view.others)),
        "".join(
            f"<h2>{escape(text(f'build.sheet.{name}', lang))}</h2><p class=muted>{escape(said)}</p>"
            for name, said in (("promises", view.promises), ("check", view.check))
            if said
        ),
        f"<footer>{escape(view.week)} · {escape(view.made)}</footer></body></html>\n",
    ]
    return "\n".join(filter(None, parts)).encode()


def _card(card: ViewCard) -> str:
    colour = f' style="color:{_COLOURS[card.figure_colour]}"' if card.figure_colour else ""
    return (
        f"<div class=card><span class=muted>{escape(card.label)}</span><b{colour}>{escape(card.figure)}</b>"
        f"{_toned(card.change, card.change_colour)}{' <span class=muted>·</span> ' if card.change and card.of else ''}"
        f"{_toned(card.of, card.of_colour)}</div>"
    )


def _toned(said: str, colour: str) -> str:
    if not said:
        return ""
    look = f'style="color:{_COLOURS[colour]}"' if colour else "class=muted"
    return f"<span {look}>{escape(said)}</span>"


def _band(band: tuple[ViewBlock, ...], lang: str) -> str:
    return f"<div class=bands>{''.join(_block(block, lang, flex=block.share) for block in band)}</div>"


def _block(block: ViewBlock, lang: str, flex: float = 1.0) -> str:
    heads = "".join(f'<th{_class(c.look)} style="width:{c.share:.0%}">{escape(c.heading)}</th>' for c in block.columns)
    rows = "".join(
        f"<tr>{''.join(_cell(value, column.look, lang, row[0]) for value, column in zip(row, block.columns, strict=True))}</tr>"
        for row in block.rows
    )
    if len(block.rows) == 1 and sum(map(bool, block.rows[0])) == 1:
        heads, rows = "", f"<tr><td class=muted>{escape(''.join(block.rows[0]))}</td></tr>"  # nothing to list, in a word
    return (
        f'<section style="flex:{flex:.2f} 1 0"><h2>{escape(block.heading)}<small>{escape(block.more)}</small></h2>'
        f"{f'<p class=note>{escape(block.note)}</p>' if block.note else ''}"
        f"<table><tr>{heads}</tr>{rows}</table></section>"
    )


def _cell(value: str, look: str, lang: str, title: str = "") -> str:
    colour = colour_of(value, lang) if look == "rag" or value == text("model.week.none_yet", lang) else ""
    if look == "day" and title.endswith(text("model.week.past", lang)):
        colour = "red"
    style = f' style="color:{_COLOURS[colour]};font-weight:700"' if colour else ""
    return f"<td{_class(look)}{style}>{escape(value)}</td>"


def _class(look: str) -> str:
    names = [name for name, holds in (("c", look in _CENTRED), ("b", "bold" in look or look == "department")) if holds]
    return f' class="{" ".join(names)}"' if names else ""


def _charts(view: WeekView) -> str:
    curve, bars = _curve(view), _bars(view)
    if not curve and not bars:
        return ""
    lang = view.lang
    titles = (("progress", curve), ("ageing", bars))
    return (
        "<div class=bands>"
        + "".join(
            f'<section style="flex:1 1 0"><h2>{escape(text(f"build.sheet.{name}", lang))}</h2>{drawn}</section>'
            for name, drawn in titles
            if drawn
        )
        + "</div>"
    )


def _curve(view: WeekView) -> str:
    """Planned (dashed) and actual progress, with the numbers of the newest week."""
    points = view.progress
    if len(points) < 2:
        return ""
    most = max(max(plan, done) for _, plan, done in points) or 1
    at = [30 + 500 * n / (len(points) - 1) for n in range(len(points))]
    lines = []
    for which, style in ((1, f'stroke="{_MUTED}" stroke-dasharray="5 4"'), (2, f'stroke="{_ACCENT}"')):
        drawn = " ".join(f"{x:.0f},{150 - 130 * int(point[which]) / most:.0f}" for x, point in zip(at, points, strict=True))
        lines.append(f'<polyline fill="none" stroke-width="2.5" {style} points="{drawn}"/>')
    weeks = "".join(
        f'<text x="{x:.0f}" y="170" text-anchor="middle">{escape(point[0])}</text>' for x, point in zip(at, points, strict=True)
    )
    _, plan, done = points[-1]
    lang = view.lang
    ends = "".join(
        f'<text x="538" y="{max(14, 154 - 130 * value / most - (8 if value == plan and plan == done else 0)):.0f}">'
        f"{escape(text(f'build.sheet.{name}', lang))} {value}</text>"
        for name, value in ((("planned", plan), ("actual", done)) if abs(plan - done) * 130 / most > 14 else (("actual", done),))
    )
    said = escape(f"{text('build.sheet.progress', lang)}: {plan} / {done}")
    return (
        f'<svg viewBox="0 0 640 178" role="img" aria-label="{said}" font-size="13" fill="{_MUTED}">'
        f"{''.join(lines)}<g>{weeks}</g><g>{ends}</g></svg>"
    )


def _bars(view: WeekView) -> str:
    """How long what is late has been late."""
    if not any(count for _, count in view.ageing):
        return ""
    most = max(count for _, count in view.ageing)
    drawn = []
    for n, (bucket, count) in enumerate(view.ageing):
        y, width = 8 + 42 * n, 380 * count / most
        drawn.append(
            f'<text x="92" y="{y + 20}" text-anchor="end">{escape(bucket)}</text><rect x="100" y="{y}" width="{width:.0f}" height="28" '
            f'fill="{_FILLS["red" if n > 1 else "amber"]}"/><text x="{108 + width:.0f}" y="{y + 20}">{count}</text>'
        )
    return f'<svg viewBox="0 0 560 178" role="img" font-size="14" fill="{_MUTED}">{"".join(drawn)}</svg>'
