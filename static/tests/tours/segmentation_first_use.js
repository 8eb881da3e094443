import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const next = (content, step) => [
    { content, trigger: "button[name='action_next']:visible", run: "click" },
    {
        content: `The step ${step} is shown`,
        trigger: `.o_form_view div[name='${step}']:visible`,
        timeout: 60000, // the preview makes columns
    },
];

/** First use to first result: an administrator opens the app, presses Next through everything, and sees customers. */
registry.category("web_tour.tours").add("segmentation_first_use", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app[data-menu-xmlid='partner_segmentation.segmentation_menu']",
            run: "click",
        },
        {
            content: "Standards are proposed",
            trigger: ".o_field_widget[name='line_ids'] .o_data_row:contains('Size')",
        },
        ...next("Keep them", "currency"),
        ...next("Keep currency and customers", "schedule"),
        ...next("Keep the schedule", "preview"),
        {
            content: "The preview shows classes",
            trigger: ".o_field_widget[name='preview'] h4:contains('Size')",
        },
        {
            content: "Go back and forth: nothing is lost",
            trigger: "button[name='action_back']:visible",
            run: "click",
        },
        { content: "The schedule is there", trigger: "div[name='schedule']:visible" },
        ...next("To the preview", "preview"),
        {
            content: "Classify",
            trigger: "button[name='action_classify']:visible",
            run: "click",
        },
        {
            content: "The run has ended: see the customers",
            timeout: 60000,
            trigger: "button[name='action_finish']:visible",
            run: "click",
        },
        {
            content: "Open the group of large customers",
            trigger: ".o_list_view .o_group_header:contains('Large')",
            run: "click",
        },
        {
            content: "The customer is in it",
            trigger: ".o_data_row td[name='complete_name']:contains('First Customer')",
        },
        {
            content: "Open the app again",
            trigger: ".o_menu_toggle, .o_navbar_apps_menu button",
            run: "click",
        },
        {
            content: "The first steps are done",
            trigger: ".o_app[data-menu-xmlid='partner_segmentation.segmentation_menu']",
            run: "click",
        },
        {
            content: "The customers are shown",
            trigger: ".o_list_view .o_data_row td[name='complete_name']",
        },
    ],
});
