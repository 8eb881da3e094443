"""Uninstall the add-on. Runs inside `odoo shell`, which provides `env`."""

module = env["ir.module.module"].search([("name", "=", "partner_segmentation")])
module.button_immediate_uninstall()
env.cr.commit()
