import { go } from "../server/web/kit.ts";

export const load = ({ locals }) => go(`/${locals.request.lang}`);
