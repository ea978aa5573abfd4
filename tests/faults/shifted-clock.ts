/** Loaded before a node (`--import`): its clock is wrong by `CLOCK_SHIFT_HOURS`. What counts monotonically goes on as before. */
const shift = Number(process.env.CLOCK_SHIFT_HOURS) * 3_600_000;
const Right = Date;

class Shifted extends Right {
  constructor(...given: [] | [number | string]) {
    if (given.length === 0) super(Right.now() + shift);
    else super(...(given as [number]));
  }

  static override now(): number {
    return Right.now() + shift;
  }
}

globalThis.Date = Shifted as DateConstructor;
