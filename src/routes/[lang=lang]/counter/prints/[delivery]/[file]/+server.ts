import { printedFile } from '#server/web';

export const GET = ({ locals, params }) => printedFile(locals.request, params.delivery, params.file);
