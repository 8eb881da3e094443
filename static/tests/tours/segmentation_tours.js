import { registry } from "@web/core/registry";
import { stepUtils } from "@web_tour/tour_utils";

const tours = registry.category("web_tour.tours");

const OPEN_APP = [
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
];

/** An administrator lowers a bound, classifies, and finds the customer in the new class, with the reason. */
tours.add("segmentation_change_bound", {
    steps: () => [
        ...OPEN_APP,
        {
            content: "Open the configuration",
            trigger: "button[data-menu-xmlid='partner_segmentation.segmentation_configuration_menu']",
            run: "click",
        },
        {
            content: "Open the dimensions",
            trigger: "a[data-menu-xmlid='partner_segmentation.segmentation_dimension_menu']",
            run: "click",
        },
        {
            content: "Open the dimension Size",
            trigger: ".o_data_row td[name='name']:contains('Size')",
            run: "click",
        },
        {
            content: "Lower the bound of the class Large for employees to 100",
            timeout: 60000, // the bundle of the chart is made at its first use
            trigger:
                ".o_segmentation_bounds tr:has(td:contains('Employees')) input[aria-label='Employees · Large']",
            run: "edit 100",
        },
        {
            content: "The histogram follows",
            trigger: ".o_segmentation_histogram .o_tag:contains('Large ≥ 100')",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "The rule reads as it was set",
            trigger: ".o_field_widget[name='class_ids'] .o_data_row:contains('Employees ≥ 100')",
        },
        {
            content: "Classify",
            trigger: ".o_statusbar_buttons button[name='action_reclassify']",
            run: "click",
        },
        {
            content: "The run is shown",
            trigger: ".o_form_view .o_field_widget[name='customers']",
        },
        {
            content: "Go to the customers",
            trigger: "a[data-menu-xmlid='partner_segmentation.segmentation_customer_menu']",
            run: "click",
        },
        {
            content: "Search the customer",
            trigger: ".o_searchview_input",
            run: "edit Tour Customer",
        },
        {
            content: "Apply the search",
            trigger: ".o_searchview_autocomplete .o-dropdown-item:first",
            run: "click",
        },
        {
            content: "Open the customer",
            trigger: ".o_data_row td[name='complete_name']:contains('Tour Customer')",
            run: "click",
        },
        {
            content: "The new class is at the top",
            trigger: ".o_field_widget[name='segmentation_class_ids'] .o_tag:contains('Large')",
        },
        {
            content: "Open the page Classification",
            trigger: ".o_notebook_headers a[name='classification']",
            run: "click",
        },
        {
            content: "The reason names value and bound",
            trigger: ".o_segmentation_explanation tr[data-dimension='SIZE']:contains('Employees 120 ≥ 100')",
        },
    ],
});

/** A salesperson groups contacts by size. */
tours.add("segmentation_group_contacts", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open Contacts",
            trigger: ".o_app[data-menu-xmlid='contacts.menu_contacts']",
            run: "click",
        },
        {
            content: "Open the list",
            trigger: ".o_switch_view.o_list",
            run: "click",
        },
        {
            content: "The list is there",
            trigger: ".o_list_view .o_data_row",
        },
        {
            content: "Open the search menu",
            trigger: ".o_searchview_dropdown_toggler",
            run: "click",
        },
        {
            content: "Group by size",
            trigger: ".o_group_by_menu .o_menu_item:contains('Size')",
            run: "click",
        },
        {
            content: "Open the group of medium customers",
            trigger: ".o_group_header:contains('Medium')",
            run: "click",
        },
        {
            content: "The customer is in it",
            trigger: ".o_data_row:contains('Tour Customer')",
        },
    ],
});

/** An emptied fact is not known; a zero is zero. */
tours.add("segmentation_optional_fact", {
    steps: () => [
        {
            content: "Open the page Classification",
            trigger: ".o_notebook_headers a[name='classification']",
            run: "click",
        },
        {
            content: "Empty the number of employees",
            trigger: ".o_field_widget[name='employee_count'] input",
            run: "clear",
        },
        {
            content: "Enter a turnover of zero",
            trigger: ".o_field_widget[name='annual_turnover'] input",
            run: "edit 0",
        },
        {
            content: "Save",
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            content: "It is saved",
            trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty)) .o_form_status_indicator_buttons.invisible",
        },
    ],
});

/** An official table reads as it is printed; a suggestion is previewed, discarded, previewed and applied. */
tours.add("segmentation_suggest_bounds", {
    steps: () => [
        {
            content: "Metric, industry and class of a bound belong together",
            timeout: 60000,
            trigger: "input[aria-label='Retail · Employees · Large']:value(300)",
        },
        {
            content: "Type what is no number",
            trigger: "input[aria-label='Retail · Employees · Large']",
            run: "edit many",
        },
        {
            content: "It is marked, and the form cannot be saved",
            trigger: ".o_segmentation_bounds td.o_field_invalid",
        },
        {
            content: "Discard",
            trigger: ".o_form_button_cancel",
            run: "click",
        },
        {
            content: "The bound is back",
            trigger: "input[aria-label='Retail · Employees · Large']:value(300)",
        },
        {
            content: "Ask for suggestions",
            trigger: ".o_statusbar_buttons button:contains('Suggest bounds')",
            run: "click",
        },
        {
            content: "All methods suggest something",
            trigger: ".modal .o_segmentation_suggestion:contains('Natural breaks') td:contains('≥ 100')",
        },
        {
            content: "Preview one",
            trigger: ".modal button[name='action_preview_natural']",
            run: "click",
        },
        {
            content: "Discard it",
            trigger: ".modal button[name='action_discard']",
            run: "click",
        },
        {
            content: "Nothing has changed",
            trigger: "body:not(:has(.modal)) input[aria-label='All others · Employees · Large']:value(300)",
        },
        {
            content: "Ask again",
            trigger: ".o_statusbar_buttons button:contains('Suggest bounds')",
            run: "click",
        },
        {
            content: "Preview it again",
            trigger: ".modal button[name='action_preview_natural']",
            run: "click",
        },
        {
            content: "Apply it",
            trigger: ".modal button[name='action_apply']",
            run: "click",
        },
        {
            content: "The bound is the suggested one",
            trigger: "body:not(:has(.modal)) input[aria-label='All others · Employees · Large']:value(100)",
        },
    ],
});
