{
    "name": "Customer Classification: Example",
    "summary": "How another add-on extends Customer Classification: a metric, a standard and a method of its own",
    "version": "19.0.1.0.0",
    "category": "Hidden",
    "author": "partner_segmentation contributors",
    "license": "LGPL-3",
    "depends": ["partner_segmentation"],
    "data": [
        "security/ir.model.access.csv",
        "security/rules.xml",
        "data/metrics.xml",
        "data/standards.xml",
        "views/segmentation_class.xml",
    ],
    "uninstall_hook": "uninstall_hook",
}
