import { logout, logoutPage } from '#server/web';

export const load = ({ locals }) => logoutPage(locals.request);

export const actions = { default: (event) => logout(event) };
