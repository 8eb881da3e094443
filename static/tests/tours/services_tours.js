import { registry } from "@web/core/registry";

const NO_DIALOG = "body:not(:has(.modal))";
const DIALOG = ".modal .o_form_view";

const choose = (field, label) => [
    {
        content: `Open the choices of ${field}`,
        trigger: `${DIALOG} .o_field_widget[name='${field}'] input`,
        run: "click",
    },
    {
        content: `Choose ${label}`,
        trigger: `.o_select_menu_item:contains('${label}')`,
        run: "click",
    },
];

const addService = (kind, field, value) => [
    {
        content: `Add a service: ${kind}`,
        trigger: `${NO_DIALOG} .o_field_widget[name='service_ids'] .o_field_x2many_list_row_add a`,
        run: "click",
    },
    ...choose("kind", kind),
    ...choose("effect", "Sets"),
    {
        content: `Search ${value}`,
        trigger: `${DIALOG} .o_field_widget[name='${field}'] input`,
        run: `edit ${value}`,
    },
    {
        content: `Choose ${value}`,
        trigger: `.o-autocomplete--dropdown-item:not(:has(.o_loading)) a:contains('${value}')`,
        run: "click",
    },
    {
        content: "Save and close",
        trigger: ".modal .o_form_button_save",
        run: "click",
    },
    {
        content: "The service is listed",
        trigger: `${NO_DIALOG} .o_field_widget[name='service_ids'] .o_data_row:contains('${kind}'):contains('${value}'):contains('Sets')`,
    },
];

/** A manager says on a class what its customers get. */
registry.category("web_tour.tours").add("segmentation_service_of_class", {
    steps: () => [
        {
            content: "Open the page Service",
            trigger: ".o_notebook_headers a[name='service']",
            run: "click",
        },
        ...addService("Pricelist", "pricelist_id", "Tour Pricelist"),
        ...addService("Activity plan", "plan_id", "Tour Plan"),
        {
            content: "Save the class",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty)) .o_form_status_indicator_buttons.invisible",
        },
    ],
});

const PAGE = [
    {
        content: "Open the page Classification",
        trigger: `${NO_DIALOG} .o_notebook_headers a[name='classification']`,
        run: "click",
    },
];
const PRICELIST = ".o_segmentation_services tr[data-kind='pricelist']";

/** A customer enters the class, is served as the class says, and gets back what it had. */
registry.category("web_tour.tours").add("segmentation_service_of_customer", {
    steps: () => [
        ...PAGE,
        {
            content: "Tell that the customer has grown",
            trigger: ".o_field_widget[name='employee_count'] input",
            run: "edit 300",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "Classify it",
            trigger: ".o_form_view:not(:has(.o_form_dirty)) button[name='action_reclassify']",
            run: "click",
        },
        {
            content: "The policy of the class is shown, and that it is not applied",
            trigger: `${PRICELIST}:contains('Tour Pricelist'):contains('Large'):has(.text-warning-emphasis)`,
        },
        {
            content: "Apply it",
            trigger: "button[name='action_apply_services']",
            run: "click",
        },
        {
            content: "The preview has both ticked",
            trigger:
                ".modal .o_data_row:contains('Pricelist'):has(input:checked) ~ .o_data_row:contains('Tour Plan'):has(input:checked)",
        },
        {
            content: "Apply what is ticked",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "The contact has it",
            trigger: `${NO_DIALOG} ${PRICELIST}:has(.text-muted:contains('Tour Pricelist'))`,
        },
        {
            content: "The activity is there",
            trigger: ".o-mail-Activity:contains('Tour Call')",
        },
        {
            content: "Open the preview again",
            trigger: "button[name='action_apply_services']",
            run: "click",
        },
        {
            content: "Nothing would be done twice",
            trigger:
                ".modal .o_data_row:contains('Unchanged') ~ .o_data_row:contains('Done already'):not(:has(input:checked))",
        },
        {
            content: "Close the preview",
            trigger: ".modal .o_form_button_cancel, .modal button:contains('Cancel')",
            run: "click",
        },
        {
            content: "See the quotations of the customer",
            trigger: `${NO_DIALOG} button.oe_stat_button:has([name='sale_order_count'])`,
            run: "click",
        },
        {
            content: "Make one",
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "It has the pricelist of the class",
            trigger: ".o_field_widget[name='pricelist_id'] input:value('Tour Pricelist (USD)')",
        },
        {
            content: "Discard it",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            content: "Back to the customer",
            trigger: ".o_breadcrumb a:contains('Service Tour'), .o_back_button:contains('Service Tour')",
            run: "click",
        },
        ...PAGE,
        {
            content: "Undo",
            trigger: "button[name='action_undo_services']",
            run: "click",
        },
        {
            content: "Yes",
            trigger: ".modal .modal-footer .btn-primary",
            run: "click",
        },
        {
            content: "The customer has what it had",
            trigger: `${NO_DIALOG} button[name='action_undo_services']:not(:visible), ${NO_DIALOG} div[name='services']:not(:has(button[name='action_undo_services']))`,
        },
    ],
});
