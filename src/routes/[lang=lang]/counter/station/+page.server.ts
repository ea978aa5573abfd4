import { chooseStation, stationPage } from '#server/web';

export const load = ({ locals }) => stationPage(locals.request);

export const actions = { default: (event) => chooseStation(event) };
