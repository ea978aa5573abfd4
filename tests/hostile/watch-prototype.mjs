// Runs inside the portal under test: says so when anything was added to the prototype of all objects.
const known = Reflect.ownKeys(Object.prototype).length;
setInterval(() => {
  const now = Reflect.ownKeys(Object.prototype).length;
  // the portal itself takes one name away
  if (now > known || {}.polluted !== undefined) console.error('PROTOTYPE POLLUTED');
}, 20).unref();
console.error('PROTOTYPE WATCHED');
