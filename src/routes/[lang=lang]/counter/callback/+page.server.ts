import { loginDone } from '#server/web';

export const load = (event) => loginDone(event);
