import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const FINDING = ".o_field_widget[name='finding_ids'] .o_data_row:has(td[name='name']:contains('Employees'))";

/** A manager reads what is missing, fills it in, looks again, and it is not missing any more. */
registry.category("web_tour.tours").add("segmentation_health", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='partner_segmentation.segmentation_menu']",
            run: "click",
        },
        {
            content: "The app is open: what it shows first does not come in between any more",
            trigger: ".o_action_manager .o_form_view, .o_action_manager .o_list_view",
        },
        {
            content: "Open the health check",
            trigger: "a[data-menu-xmlid='partner_segmentation.segmentation_health_menu']",
            run: "click",
        },
        {
            content: "The check tells a score",
            trigger: ".o_form_view .o_field_widget[name='score']",
        },
        {
            content: "Take the remedy of the finding",
            trigger: `${FINDING} button[name='action_remedy']`,
            run: "click",
        },
        {
            content: "Edit the employees of the customer",
            trigger: ".o_list_view .o_data_row:contains('Health Tour') td[name='employee_count']",
            run: "click",
        },
        {
            content: "Enter them",
            trigger: ".o_selected_row .o_field_widget[name='employee_count'] input",
            run: "edit 42",
        },
        {
            content: "Save",
            trigger: ".o_list_button_save:visible",
            run: "click",
        },
        {
            content: "The fact is there",
            trigger: ".o_list_view:not(:has(.o_selected_row)) .o_data_row:contains('Health Tour'):contains('42')",
        },
        {
            content: "Go back to the check",
            trigger: ".o_breadcrumb a:contains('Health check')",
            run: "click",
        },
        {
            content: "Check again",
            trigger: "button[name='action_check_again']",
            run: "click",
        },
        {
            content: "The finding is gone",
            trigger: `.o_form_view:has(.o_field_widget[name='score']):not(:has(${FINDING}))`,
        },
    ],
});
