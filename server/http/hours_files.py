"""Reports of the hours log to be saved: tables, statements, certificates, what is due."""

from aiohttp import web

from protocol.hours_queries import CalendarQuery, CertificateQuery, ReportQuery, StatementQuery
from server.http.documents import send_file
from server.http.parts import PARTS, HoursFiles
from server.http.rest import AnyCall, AnyRoute, Call, Route

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


async def get_table(call: Call[ReportQuery, None]) -> web.StreamResponse:
    """`GET /api/v1/hours/report.csv`."""
    return await send_file(call.request, call.person, await _files(call).report(call.person, call.query, "csv"), "csv")


async def get_workbook(call: Call[ReportQuery, None]) -> web.StreamResponse:
    """`GET /api/v1/hours/report.xlsx`."""
    file = await _files(call).report(call.person, call.query, "xlsx")
    return await send_file(call.request, call.person, file, "xlsx")


async def get_statement(call: Call[StatementQuery, None]) -> web.StreamResponse:
    """`GET /api/v1/hours/statements/PERSON_ID.pdf`."""
    file = await _files(call).statement(call.person, call.part("person_id"), call.query)
    return await send_file(call.request, call.person, file, "pdf")


async def get_certificate(call: Call[CertificateQuery, None]) -> web.StreamResponse:
    """`GET /api/v1/hours/certificates/PERSON_ID.pdf`."""
    file = await _files(call).certificate(call.person, call.part("person_id"), call.query)
    return await send_file(call.request, call.person, file, "pdf")


async def get_calendar(call: Call[CalendarQuery, None]) -> web.StreamResponse:
    """`GET /api/v1/hours/due.ics`."""
    return await send_file(call.request, call.person, await _files(call).calendar(call.person, call.query), "ics")


FILE_ROUTES: tuple[AnyRoute, ...] = (
    Route(
        method="GET",
        path="/hours/report.csv",
        name="reportAsCsv",
        summary="All entries of the pairs that fit, by day, as a table (coordinators)",
        handle=get_table,
        query=ReportQuery,
        answer="text/csv",
        failures=(403,),
        tag="files",
    ),
    Route(
        method="GET",
        path="/hours/report.xlsx",
        name="reportAsWorkbook",
        summary="All entries of the pairs that fit, with sums by pair, as an Excel workbook (coordinators)",
        handle=get_workbook,
        query=ReportQuery,
        answer=XLSX,
        failures=(403, 413),
        tag="files",
    ),
    Route(
        method="GET",
        path="/hours/statements/{person_id}.pdf",
        name="printStatement",
        summary="Somebody's hours in a term, pair by pair, as a PDF: your own; coordinators, anybody's",
        handle=get_statement,
        query=StatementQuery,
        answer="application/pdf",
        tag="files",
    ),
    Route(
        method="GET",
        path="/hours/certificates/{person_id}.pdf",
        name="printCertificate",
        summary="How many hours somebody has between two days, as a PDF: your own; coordinators, anybody's",
        handle=get_certificate,
        query=CertificateQuery,
        answer="application/pdf",
        tag="files",
    ),
    Route(
        method="GET",
        path="/hours/due.ics",
        name="exportDue",
        summary="What is due as a calendar: of your own pairs; for coordinators, of all",
        handle=get_calendar,
        query=CalendarQuery,
        answer="text/calendar",
        tag="files",
    ),
)


def _files(call: AnyCall) -> HoursFiles:
    return call.request.app[PARTS].hours_files
