/**
 * What a load function hands to a page: the frame and one view. Kit serialises everything a server load returns, in case a browser wants it; citizens'
 * pages run no framework in the browser, so the view travels as this class, which the transport hook writes as a single character.
 */
import type { PageFrame } from '#ui/types.ts';

export class Shown<View = unknown> {
  readonly frame: PageFrame;
  readonly view: View;
  constructor(frame: PageFrame, view: View) {
    this.frame = frame;
    this.view = view;
  }
}
