/**
 * The classes of a dimension as columns or lines, from high to low, as they are on the form now.
 *
 * A class that is not saved yet is known by its code.
 */
export function classesOf(record) {
    return record.data.class_ids.records.map(({ resId, data }) => ({
        key: resId ? String(resId) : `+${data.code}`,
        label: data.name || data.code || "…",
        color: data.color || 0,
    }));
}
