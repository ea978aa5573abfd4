// Citizens' pages are rendered on the server and carry no framework: they work without JavaScript and weigh little.
export const csr = false;
export const prerender = false;
