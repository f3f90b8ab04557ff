"""Reports: typed notebooks, run by papermill, become offline pages with their provenance.

`report(...)` is the main job; the rest is what the notebooks show.
"""

from cxlab.report.alerts import alerts
from cxlab.report.blocks import Block
from cxlab.report.breakdown import breakdown
from cxlab.report.company import TILES as COMPANY_TILES
from cxlab.report.company import (
    company_heading,
    link_list,
    loop_note,
    ways_table,
)
from cxlab.report.comparison import (
    change_pictures,
    compared_metrics,
    compared_neighbours,
    comparison_doubts,
    comparison_heading,
    comparison_provenance,
    comparison_tiles,
    counts_table,
    difference_tables,
    options_table,
    warm_up_pictures,
    what_it_shows,
)
from cxlab.report.customers import (
    customer_alerts,
    customer_numbers,
    customers_heading,
    customers_period,
    customers_state,
    who_stays,
)
from cxlab.report.definitions import definitions
from cxlab.report.heading import (
    heading,
    period_heading,
    provenance,
    scenario_heading,
    scenario_provenance,
)
from cxlab.report.index import index_pages
from cxlab.report.kpis import DRILL, HEADLINES, drill_table, kpi_table
from cxlab.report.live import live_sliders
from cxlab.report.logs import read_log
from cxlab.report.mail import mail_text
from cxlab.report.options import (
    causes_frame,
    link_pictures,
    loop_heading,
    verdict,
    worth_frame,
    worth_table,
)
from cxlab.report.pdf import make_pdf
from cxlab.report.quality import data_quality
from cxlab.report.run import ReportResult, report
from cxlab.report.series import reports
from cxlab.report.staffing import (
    plan_answer,
    plan_charts,
    plan_heading,
    plan_lines,
    plan_prices,
    plan_targets,
)
from cxlab.report.targets import Target, line, load_alarms, load_targets
from cxlab.report.tiles import tiles
from cxlab.report.trust import doubtful, model_description, neighbour_table
from cxlab.report.validation import (
    alarm_limit,
    fault_table,
    validation_heading,
    validation_table,
)
from cxlab.report.view import View, choose_period
from cxlab.report.what_if import (
    chosen_ranges,
    what_if_heading,
    what_if_pictures,
    what_if_trust,
)

__all__ = [
    "COMPANY_TILES",
    "DRILL",
    "HEADLINES",
    "Block",
    "ReportResult",
    "Target",
    "View",
    "alarm_limit",
    "alerts",
    "breakdown",
    "causes_frame",
    "change_pictures",
    "choose_period",
    "chosen_ranges",
    "company_heading",
    "compared_metrics",
    "compared_neighbours",
    "comparison_doubts",
    "comparison_heading",
    "comparison_provenance",
    "comparison_tiles",
    "counts_table",
    "customer_alerts",
    "customer_numbers",
    "customers_heading",
    "customers_period",
    "customers_state",
    "data_quality",
    "definitions",
    "difference_tables",
    "doubtful",
    "drill_table",
    "fault_table",
    "heading",
    "index_pages",
    "kpi_table",
    "line",
    "link_list",
    "link_pictures",
    "live_sliders",
    "load_alarms",
    "load_targets",
    "loop_heading",
    "loop_note",
    "mail_text",
    "make_pdf",
    "model_description",
    "neighbour_table",
    "options_table",
    "period_heading",
    "plan_answer",
    "plan_charts",
    "plan_heading",
    "plan_lines",
    "plan_prices",
    "plan_targets",
    "provenance",
    "read_log",
    "report",
    "reports",
    "scenario_heading",
    "scenario_provenance",
    "tiles",
    "validation_heading",
    "validation_table",
    "verdict",
    "warm_up_pictures",
    "ways_table",
    "what_if_heading",
    "what_if_pictures",
    "what_if_trust",
    "what_it_shows",
    "who_stays",
    "worth_frame",
    "worth_table",
]
