import { registry } from "@web/core/registry";

const tours = registry.category("web_tour.tours");

const BOUND = "input[aria-label='Employees · Large']";
const NO_DIALOG = "body:not(:has(.modal))";

const PREVIEW = [
    {
        content: "Lower the bound of the class Large for employees to 100",
        trigger: `${NO_DIALOG} .o_segmentation_bounds ${BOUND}:value(250)`,
        run: "edit 100",
        timeout: 60000, // the bundle of the chart is made at its first use
    },
    {
        content: "Preview it",
        trigger: ".o_statusbar_buttons button[name='action_preview']",
        run: "click",
    },
    {
        content: "One customer would move up",
        trigger: ".modal .o_segmentation_moves[data-dimension='Size'] .text-success:contains('1')",
    },
];

/** An administrator changes a bound, looks at the preview, discards, and does it again for good. */
tours.add("segmentation_preview", {
    steps: () => [
        ...PREVIEW,
        {
            content: "Leave the page: the change is not saved",
            trigger: ".modal button:contains('Go on editing')",
            run: () => window.location.reload(),
            expectUnloadPage: true,
        },
        ...PREVIEW,
        {
            content: "Go on editing",
            trigger: ".modal button:contains('Go on editing')",
            run: "click",
        },
        {
            content: "What was edited is still there",
            trigger: `${NO_DIALOG} ${BOUND}:value(100)`,
        },
        {
            content: "Begin a class",
            trigger: ".o_field_widget[name='class_ids'] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            content: "It stays empty: saving and previewing drop it",
            trigger: ".o_field_widget[name='class_ids'] .o_selected_row",
        },
        {
            content: "Preview it again",
            trigger: ".o_statusbar_buttons button[name='action_preview']",
            run: "click",
        },
        {
            content: "Look at the customers",
            trigger: ".modal .o_notebook_headers a[name='movers']",
            run: "click",
        },
        {
            content: "It is the one with 120 employees",
            trigger: ".modal .o_data_row:contains('Preview Tour'):contains('Medium'):contains('Large'):contains('120')",
        },
        {
            content: "Discard",
            trigger: ".modal button[name='action_discard']",
            run: "click",
        },
        ...PREVIEW,
        {
            content: "Apply",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "The form shows what is stored",
            trigger: `${NO_DIALOG} .o_field_widget[name='class_ids'] .o_data_row:contains('Employees ≥ 100')`,
        },
    ],
});
