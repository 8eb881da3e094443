import { registry } from "@web/core/registry";
import { FormController } from "@web/views/form/form_controller";
import { formView } from "@web/views/form/form_view";

/**
 * A form whose button "action_preview" hands over what has been edited instead of saving it first: the preview shows
 * what saving would do.
 */
export class PreviewFormController extends FormController {
    async beforeExecuteActionButton(clickParams) {
        if (clickParams.name !== "action_preview") {
            return super.beforeExecuteActionButton(...arguments);
        }
        const record = this.model.root;
        // As saving does: rows of lists that are being edited end here, and an empty new one is dropped.
        const edited = Object.values(record.data).filter((value) => value?.editedRecord);
        await Promise.all(edited.map((list) => list.leaveEditMode()));
        if (await record.checkValidity({ displayNotification: true })) {
            const changes = await record.getChanges();
            const ids = record.resId ? [record.resId] : [];
            const action = await this.orm.call(record.resModel, "action_preview", [ids, changes], {
                context: this.props.context,
            });
            this.isPreviewed = true;
            await this.actionService.doAction(action, { onClose: (infos) => this.onPreviewClosed(infos) });
        }
        return false;
    }

    /** Applied or discarded: show what is stored. Otherwise the user goes on editing. */
    async onPreviewClosed(infos) {
        this.isPreviewed = false;
        if (infos?.previewEnded) {
            await this.model.load({ resId: infos.resId });
        }
    }

    /** A form saves itself when its page is left; here nobody has decided yet, so the browser asks instead. */
    async beforeUnload(ev) {
        if (!this.isPreviewed) {
            return super.beforeUnload(ev);
        }
        ev.preventDefault();
        ev.returnValue = "Unsaved changes";
    }
}

registry.category("views").add("segmentation_preview_form", { ...formView, Controller: PreviewFormController });
