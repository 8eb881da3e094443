import { onWillUnmount } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { progressBarField, ProgressBarField } from "@web/views/fields/progress_bar/progress_bar_field";

const INTERVAL = 2000;

/** Progress bar that reads its record again and again until the run has ended; no standard widget does. */
export class RunProgressField extends ProgressBarField {
    setup() {
        super.setup();
        const timer = setInterval(() => this.refresh(), INTERVAL);
        onWillUnmount(() => clearInterval(timer));
    }

    async refresh() {
        if (["queued", "running"].includes(this.props.record.data.state)) {
            await this.props.record.load();
        }
    }
}

registry.category("fields").add("segmentation_run_progress", {
    ...progressBarField,
    component: RunProgressField,
});
