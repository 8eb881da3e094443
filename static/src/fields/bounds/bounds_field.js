import { Component, onWillStart, onWillUpdateProps, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { MultiRecordSelector } from "@web/core/record_selectors/multi_record_selector";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { registry } from "@web/core/registry";
import { unique } from "@web/core/utils/arrays";
import { useService } from "@web/core/utils/hooks";
import { parseFloat } from "@web/views/fields/parsers";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { classesOf } from "./classes";
import { Histogram, formatNumber } from "./histogram";

const METRIC = "segmentation.metric";
const INDUSTRY = "res.partner.industry";

/** Lower bounds of a dimension as a grid: a row per metric, industries and alternative, a column per class. */
export class BoundsField extends Component {
    static template = "partner_segmentation.BoundsField";
    static components = { Histogram, MultiRecordSelector, RecordSelector };
    static props = { ...standardFieldProps };

    METRIC = METRIC;
    INDUSTRY = INDUSTRY;
    metricDomain = [["result_type", "in", ["integer", "float", "monetary"]]];

    setup() {
        this.nameService = useService("name");
        this.table = useRef("table");
        // What is typed stays as it is typed until the cell is left.
        this.state = useState({ selected: 0, typed: null, invalid: {} });
        onWillStart(() => this.loadNames(this.rows));
        onWillUpdateProps(({ record, name }) => this.loadNames(record.data[name] || []));
    }

    async loadNames(rows) {
        // Not repeated: the service would mix them up.
        const metricIds = unique(rows.map((row) => row.metric_id).filter(Boolean));
        const industryIds = unique(rows.flatMap((row) => row.industry_ids));
        this.metricNames = await this.nameService.loadDisplayNames(METRIC, metricIds);
        this.industryNames = await this.nameService.loadDisplayNames(INDUSTRY, industryIds);
    }

    get rows() {
        return this.props.record.data[this.props.name] || [];
    }

    get columns() {
        return classesOf(this.props.record);
    }

    get currencyName() {
        return this.props.record.data.currency_id?.display_name;
    }

    get hasAlternatives() {
        return this.props.record.data.criteria_mode === "alternatives";
    }

    get hasIndustries() {
        return this.rows.some((row) => row.industry_ids.length || row.isNew);
    }

    metricName(row) {
        return this.metricNames[row.metric_id] || "";
    }

    industriesName(row) {
        return row.industry_ids.map((id) => this.industryNames[id]).join(", ");
    }

    /** Whether the row is for the same industries as the one above, so that they need not be said again. */
    continues(index) {
        const rows = this.rows;
        return index > 0 && String(rows[index - 1].industry_ids) === String(rows[index].industry_ids);
    }

    rowTitle(row) {
        const industries = this.industriesName(row) || (this.hasIndustries ? _t("All others") : "");
        return [industries, this.metricName(row)].filter(Boolean).join(" · ");
    }

    get selectedRow() {
        return this.rows[this.state.selected] || this.rows[0];
    }

    get lines() {
        return this.columns.map((column) => ({ ...column, value: this.selectedRow.cells[column.key] }));
    }

    // -- cells --

    cellKey(index, column) {
        return `${index}/${column.key}`;
    }

    cellText(index, column) {
        const key = this.cellKey(index, column);
        if (this.state.typed?.key === key) {
            return this.state.typed.text;
        }
        if (this.isInvalid(index, column)) {
            return this.state.invalid[key];
        }
        const value = this.rows[index].cells[column.key];
        return value === undefined ? "" : formatNumber(value);
    }

    isInvalid(index, column) {
        // A form that was discarded has nothing invalid.
        return this.props.record.dirty && this.cellKey(index, column) in this.state.invalid;
    }

    onFocus(index, column, input) {
        if (!this.props.record.dirty) {
            this.state.invalid = {};
        }
        this.state.selected = index;
        this.state.typed = { key: this.cellKey(index, column), text: input.value };
        input.select();
    }

    async onInput(index, column, text) {
        const { record, name } = this.props;
        const key = this.cellKey(index, column);
        this.state.typed = { key, text };
        try {
            const value = text.trim() && parseFloat(text, { allowOperation: true });
            delete this.state.invalid[key];
            await this.change((rows) => {
                if (value === "") {
                    delete rows[index].cells[column.key];
                } else {
                    rows[index].cells[column.key] = value;
                }
            });
        } catch {
            this.state.invalid[key] = text;
        }
        if (Object.keys(this.state.invalid).length) {
            record.setInvalidField(name);
        }
    }

    onBlur() {
        this.state.typed = null;
    }

    onKeydown(ev, index, position) {
        const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[ev.key];
        if (step) {
            ev.preventDefault();
            ev.stopPropagation();
            this.table.el.querySelector(`input[data-cell="${index + step}/${position}"]`)?.focus();
        }
    }

    // -- rows --

    change(edit) {
        const rows = JSON.parse(JSON.stringify(this.rows));
        edit(rows);
        return this.props.record.update({ [this.props.name]: rows });
    }

    async changeRow(index, values) {
        await this.loadNames([...this.rows, { ...this.rows[index], ...values }]);
        return this.change((rows) => Object.assign(rows[index], values));
    }

    addRow() {
        this.state.selected = this.rows.length;
        const industry_ids = this.rows.at(-1)?.industry_ids || [];
        return this.change((rows) =>
            rows.push({ metric_id: false, industry_ids, alternative: 1, cells: {}, isNew: true })
        );
    }

    removeRow(index) {
        this.state.selected = 0;
        this.state.invalid = {};
        return this.change((rows) => rows.splice(index, 1));
    }
}

registry.category("fields").add("segmentation_bounds", {
    component: BoundsField,
    supportedTypes: ["json"],
    fieldDependencies: [
        { name: "criteria_mode", type: "selection" },
        { name: "currency_id", type: "many2one", relation: "res.currency" },
    ],
});
