/** Bytes of a request's body. */

/** A page's form: typed text only. */
export const FORM_LIMIT = 256 * 1024;
/** Uploads are limited while they stream, by the field's own limit, and the page keeps the rest. Beyond this nothing is read at all. */
export const UPLOAD_LIMIT = 256 * 1024 * 1024;
