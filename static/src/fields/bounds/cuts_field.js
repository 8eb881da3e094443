import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { classesOf } from "./classes";
import { Histogram } from "./histogram";

/** The cut values of shares and equal groups, on the histogram of the metric that customers are ranked by. */
export class CutsField extends Component {
    static template = "partner_segmentation.CutsField";
    static components = { Histogram };
    static props = { ...standardFieldProps };

    get lines() {
        const cuts = this.props.record.data[this.props.name] || {};
        return classesOf(this.props.record).map((cls) => ({ ...cls, value: cuts[cls.key] }));
    }
}

registry.category("fields").add("segmentation_cuts", {
    component: CutsField,
    supportedTypes: ["json"],
    fieldDependencies: [{ name: "lower_is_better", type: "boolean" }],
});
