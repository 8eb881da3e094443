import { registry } from "@web/core/registry";

const line = (name) => `.o_field_widget[name='order_line'] .o_data_row:contains('${name}')`;
const add = (name) =>
    `.o_field_widget[name='segmentation_recommended_ids'] .o_data_row:contains('${name}') button[name='action_add_to_quotation']`;

/** A salesperson opens a contact, adds what is recommended to a quotation, and the next product there. */
registry.category("web_tour.tours").add("segmentation_recommended", {
    steps: () => [
        {
            content: "Open the classification of the contact",
            trigger: ".o_notebook_headers a[name='classification']",
            run: "click",
        },
        {
            content: "The reason is told",
            trigger:
                ".o_field_widget[name='segmentation_recommended_ids'] .o_data_row:contains('Tour Scanner'):contains('Bought by 1 of 1 customers: Medium')",
        },
        {
            content: "Add the product to a quotation",
            trigger: add("Tour Scanner"),
            run: "click",
        },
        { content: "The quotation has the product", trigger: line("Tour Scanner") },
        {
            content: "See what else is recommended",
            trigger: ".o_notebook_headers a[name='recommended']",
            run: "click",
        },
        {
            content: "Add the other product",
            trigger: add("Tour Rack"),
            run: "click",
        },
        {
            content: "Nothing is left to recommend: the page is gone",
            trigger: ".o_notebook_headers:not(:has(a[name='recommended'])) a[name='order_lines']",
            run: "click",
        },
        { content: "The quotation has the first product", trigger: line("Tour Scanner") },
        { content: "The quotation has the other product", trigger: line("Tour Rack") },
    ],
});
