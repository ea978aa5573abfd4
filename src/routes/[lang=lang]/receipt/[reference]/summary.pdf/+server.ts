import { receiptPdf } from '#server/web';

export const GET = ({ locals, params }) => receiptPdf(locals.request, params.reference);
