/**
 * What a load function hands to a page. Kit serialises everything a server load returns, in case a browser wants it; citizens' pages run no framework
 * in the browser, so what they show travels in this class, which the transport hook writes as a single character.
 */
export class Shown<Value> {
  readonly value: Value;
  constructor(value: Value) {
    this.value = value;
  }
}
