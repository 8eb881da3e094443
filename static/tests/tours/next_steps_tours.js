import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const ROW = ".o_list_view .o_data_row:contains('Overdue Tour')";

/** A salesperson makes a quotation from a next step, sees the classes on it, and puts another customer off. */
registry.category("web_tour.tours").add("segmentation_next_steps", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Customer Classification",
            trigger: ".o_app[data-menu-xmlid='partner_segmentation.segmentation_menu']",
            run: "click",
        },
        {
            content: "Open Next steps",
            trigger: ".o_menu_sections [data-menu-xmlid='partner_segmentation.segmentation_next_step_menu']",
            run: "click",
        },
        {
            content: "The reason and its figures are told",
            trigger: `${ROW}:contains('Overdue'):contains('Buys every 20 days'):contains('500')`,
        },
        {
            content: "Customers of others are not listed",
            trigger: ".o_list_view:not(:has(.o_data_row:contains('Colleague Tour')))",
        },
        {
            content: "Make a quotation",
            trigger: `${ROW} button[name='action_new_quotation']`,
            run: "click",
        },
        {
            content: "It is for the customer, whose classes are shown",
            trigger: ".o_form_view .o_field_widget[name='segmentation_class_ids'] .o_tag:contains('Small')",
        },
        {
            content: "The customer is filled in",
            trigger: ".o_form_view .o_field_widget[name='partner_id'] input:value('Overdue Tour')",
        },
        {
            content: "Save it",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_saved, .o_form_status_indicator_buttons.invisible",
        },
        {
            content: "Go back",
            trigger: ".o_breadcrumb a:contains('Next steps')",
            run: "click",
        },
        {
            content: "Put the customer off",
            trigger: `${ROW} button[name='action_snooze']`,
            run: "click",
        },
        {
            content: "It is gone, the other one is not",
            trigger:
                ".o_list_view:not(:has(.o_data_row:contains('Overdue Tour'))) .o_data_row:contains('Other Tour')",
        },
    ],
});
