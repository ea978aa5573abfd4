import { login } from '#server/web';

export const load = (event) => login(event);
