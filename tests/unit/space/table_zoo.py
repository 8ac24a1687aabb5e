"""Tables with the headers and habits of files that people have, made up and small."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Case:
    """A file, and what `init` is to say of it.

    Attributes:
        lines: Of the file, the names first.
        time, id, target: As the draft must have them.
        first: The first time that is read.
        said: Words that must stand on the screen.
        asked: Words of what is unsure; empty where nothing is.
    """

    lines: list[str]
    target: str
    time: Any = None
    id: str | None = None
    first: str = ""
    said: tuple[str, ...] = ()
    asked: str = ""
    known: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def wave(count: int, level: float = 40.0, period: int = 7) -> list[float]:
    return [
        round(level * (1 + 0.3 * math.sin(2 * math.pi * at / period)) + (at * 37 % 11) / 10, 3)
        for at in range(count)
    ]


def times(count: int, step: timedelta, start: datetime) -> list[datetime]:
    return [start + at * step for at in range(count)]


def table(names: Sequence[str], rows: Iterable[Sequence[Any]], delimiter: str = ",") -> list[str]:
    def cell(value: Any) -> str:
        text = str(value)
        return f'"{text}"' if delimiter in text else text

    return [delimiter.join(map(cell, row)) for row in (names, *rows)]


DAY, HOUR, WEEK = timedelta(days=1), timedelta(hours=1), timedelta(days=7)
DAYS = times(90, DAY, datetime(2010, 2, 5))
HOURS = times(90, HOUR, datetime(2010, 2, 5))
WEEKS = times(60, WEEK, datetime(2010, 2, 5))


def german(value: float) -> str:
    return f"{value:,.2f}".replace(",", "_").replace(".", ",").replace("_", ".")


CASES = {
    "walmart": Case(
        table(
            ("Store", "Date", "Weekly_Sales", "Holiday_Flag", "Temperature"),
            [
                (shop, f"{day:%d-%m-%Y}", 1e6 + value, int(day.month == 12), 60 + value % 7)
                for shop in (1, 2, 3)
                for day, value in zip(WEEKS, wave(60), strict=True)
            ],
        ),
        target="Weekly_Sales",
        time="Date",
        id="Store",
        first="2010-02-05",
        said=("'05-02-2010' is read as 5 February 2010", "3 series", "known ahead: Holiday_Flag"),
    ),
    "rossmann": Case(
        table(
            ("Store", "DayOfWeek", "Date", "Sales", "Customers", "Promo", "StateHoliday"),
            [
                (shop, day.isoweekday(), day.date(), int(value * 99), int(value), day.day % 2, "a")
                for day, value in zip(DAYS[::-1], wave(90), strict=True)
                for shop in (1, 2)
            ],
        ),
        target="Sales",
        time="Date",
        id="Store",
        first="2010-02-05",
        said=("newest first", "StateHoliday: holds 'a'", "known ahead: DayOfWeek, Promo"),
    ),
    "household power": Case(
        table(
            ("Date", "Time", "Global_active_power", "Voltage"),
            [
                (f"{hour.day}/{hour.month}/{hour.year}", f"{hour:%H:%M:%S}", *cells)
                for hour, value in zip(times(400, HOUR, DAYS[0]), wave(400, 4), strict=True)
                for cells in [("?", "?") if hour.hour == 7 else (value, 240 + value)]
            ],
            ";",
        ),
        target="Global_active_power",
        time=("Date", "Time"),
        first="2010-02-05",
        said=("'?' (17) count as empty", "'Date' and 'Time' together"),
    ),
    "beijing": Case(
        table(
            ("No", "year", "month", "day", "hour", "pm2.5", "TEMP", "cbwd"),
            [
                (at + 1, t.year, t.month, t.day, t.hour, "NA" if at < 5 else v, v / 2, "cv")
                for at, (t, v) in enumerate(zip(HOURS, wave(90), strict=True))
            ],
        ),
        target="pm2.5",
        time=("year", "month", "day", "hour"),
        first="2010-02-05",
        said=("No: counts the rows",),
    ),
    "bike sharing": Case(
        table(
            ("instant", "dteday", "hr", "weekday", "temp", "casual", "cnt"),
            [
                (at + 1, t.date(), t.hour, t.isoweekday() % 7, v / 50, int(v / 3), int(v))
                for at, (t, v) in enumerate(zip(HOURS, wave(90), strict=True))
            ],
        ),
        target="cnt",
        time=("dteday", "hr"),
        first="2010-02-05",
        said=("instant: counts the rows", "known ahead: weekday"),
    ),
    "traffic": Case(
        table(
            ("holiday", "temp", "date_time", "traffic_volume"),
            [
                ("Columbus Day" if t.hour == 0 else "None", 280 + v, f"{t:%d-%m-%Y %H:%M}", int(v))
                for t, v in zip(times(400, HOUR, DAYS[0]), wave(400), strict=True)
            ],
        ),
        target="traffic_volume",
        time="date_time",
        first="2010-02-05",
        said=("known ahead: holiday", "categories: holiday"),
    ),
    "stock": Case(
        table(
            ("Date", "Close/Last", "Volume", "Open"),
            [
                (f"{day:%m/%d/%Y}", f"${v * 30:,.2f}", f"{int(v * 1e6):,}", f"${v * 31:,.2f}")
                for day, v in list(zip(DAYS, wave(90), strict=True))[::-1]
                if day.weekday() < 5
            ],
        ),
        target="Close/Last",
        time="Date",
        first="2010-02-05",
        said=("'$' beside each number", "newest first", "known ahead: none"),
    ),
    "electricity": Case(
        table(
            ('""', '"MT_001"', '"MT_002"'),
            [
                (f'"{t}"', f"{v:.3f}".replace(".", ","), f"{v * 2:.9f}".replace(".", ","))
                for t, v in zip(HOURS, wave(90), strict=True)
            ],
            ";",
        ),
        target="MT_002",
        time="Unnamed: 0",
        first="2010-02-05",
        asked="the target is a guess",
    ),
    "air quality": Case(
        [
            *table(
                ("Date", "Time", "CO(GT)", "T", "", ""),
                [
                    (f"{t:%d/%m/%Y}", f"{t:%H.%M.%S}", german(v), german(v / 2), "", "")
                    for t, v in zip(times(400, HOUR, DAYS[0]), wave(400), strict=True)
                ],
                ";",
            ),
            *[";;;;;"] * 9,
        ],
        target="T",
        time=("Date", "Time"),
        first="2010-02-05",
        asked="the target is a guess",
        said=("Unnamed: 4: is empty",),
    ),
    "german": Case(
        table(
            ("\ufeffDatum", "Umsatz (EUR)", "Kunden", "Feiertag"),
            [
                (f"{day:%d.%m.%Y}", german(v * 99), f"{int(v * 20):,}".replace(",", "."), said)
                for day, v in zip(DAYS, wave(90), strict=True)
                for said in ["ja" if day.day == 1 else "nein"]
            ],
            ";",
        ),
        target="Kunden",
        time="Datum",
        first="2010-02-05",
        asked="the target is a guess",
        said=("ja is 1, nein is 0",),
    ),
    "units": Case(
        table(
            ("date", "sales_eur", "temp", "share"),
            [
                (f"{day:%d/%m/%y}", f"{v:.2f} €", f"{v / 2:.1f}°C", f"{v / 9:.0f}%")
                for day, v in zip(DAYS, wave(90), strict=True)
            ],
        ),
        target="sales_eur",
        time="date",
        first="2010-02-05",
        said=("years of two digits", "'°C' beside each number", "'%' beside each number"),
    ),
    "twelve hours": Case(
        table(
            ("Datetime", "PJME_MW"),
            [
                (f"{t:%m/%d/%Y %I:%M:%S %p}", int(v * 100))
                for t, v in zip(times(400, HOUR, DAYS[0]), wave(400), strict=True)
            ],
        ),
        target="PJME_MW",
        time="Datetime",
        first="2010-02-05",
    ),
    "covid": Case(
        table(
            ("dateRep", "cases", "countriesAndTerritories"),
            [
                (f"{day:%d/%m/%Y}", int(v), land)
                for land, days in (("France", DAYS), ("Malta", DAYS[:20]), ("Italy", DAYS))
                for day, v in zip(days[::-1], wave(len(days)), strict=True)
            ],
        ),
        target="cases",
        time="dateRep",
        id="countriesAndTerritories",
        first="2010-02-05",
        said=("1 of 3 series have fewer than 40 rows", "newest first"),
        extra={"task.min_rows": 40},
    ),
    "quarters": Case(
        table(
            ("Quarter", "GDP"),
            [(f"{1990 + at // 4}Q{at % 4 + 1}", f"{v * 50:,.1f}") for at, v in enumerate(wave(60))],
        ),
        target="GDP",
        time="Quarter",
        first="1990-01-01",
    ),
    "days as numbers": Case(
        table(
            ("DATE", "STATION", "TMAX"),
            [(f"{day:%Y%m%d}", "USW1", v) for day, v in zip(DAYS, wave(90), strict=True)],
        ),
        target="TMAX",
        time="DATE",
        first="2010-02-05",
        said=("read as YYYYMMDD",),
    ),
    "offsets": Case(
        table(
            ("time", "load"),
            [(f"{t:%Y-%m-%dT%H:%M}+01:00", v) for t, v in zip(HOURS, wave(90), strict=True)],
        ),
        target="load",
        time="time",
        first="2010-02-04 23:00",
        said=("times with an offset became UTC",),
    ),
    "milliseconds": Case(
        table(
            ("t", "acc"),
            [
                (f"{HOURS[0] + timedelta(milliseconds=10 * at):%Y-%m-%dT%H:%M:%S.%f}", v)
                for at, v in enumerate(wave(90))
            ],
        ),
        target="acc",
        time="t",
        first="2010-02-05",
        said=("0.01 s apart",),
    ),
    "doubled rows": Case(
        [
            line
            for at, line in enumerate(
                table(
                    ("ds", "unique_id", "y"),
                    [(t, u, v) for u in "ab" for t, v in zip(HOURS, wave(90), strict=True)],
                )
            )
            for _ in range(1 + (at % 30 == 7))
        ],
        target="y",
        time="ds",
        id="unique_id",
        first="2010-02-05",
        said=("rows repeat another one of their time",),
    ),
}
