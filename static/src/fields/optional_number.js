/** Number fields whose value may be unknown: an emptied input means "not known", not 0. */

import { useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/views/fields/input_field_hook";
import { IntegerField, integerField } from "@web/views/fields/integer/integer_field";
import { MonetaryField, monetaryField } from "@web/views/fields/monetary/monetary_field";
import { useNumpadDecimal } from "@web/views/fields/numpad_decimal_hook";
import { parseInteger, parseMonetary } from "@web/views/fields/parsers";

function optional(parse) {
    return (value) => (value.trim() === "" ? false : parse(value, { allowOperation: true }));
}

export class OptionalIntegerField extends IntegerField {
    // Not super.setup(): it would attach a second parser to the input.
    setup() {
        this.state = useState({ hasFocus: false });
        useInputField({
            getValue: () => this.formattedValue,
            refName: "numpadDecimal",
            parse: optional(parseInteger),
        });
        useNumpadDecimal();
    }
}

export class OptionalMonetaryField extends MonetaryField {
    get inputOptions() {
        return { ...super.inputOptions, parse: optional(parseMonetary) };
    }
}

const isEmpty = (record, fieldName) => record.data[fieldName] === false;

registry.category("fields").add("optional_integer", {
    ...integerField,
    component: OptionalIntegerField,
    isEmpty,
});
registry.category("fields").add("optional_monetary", {
    ...monetaryField,
    component: OptionalMonetaryField,
    isEmpty,
});
