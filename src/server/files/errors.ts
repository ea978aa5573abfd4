/** Why a file is not taken. The web room turns `code` and `params` into a sentence. */

export type UploadErrorCode =
  /** more bytes than allowed (`maxBytes`) */
  | 'tooLarge'
  /** not one of the accepted kinds, whatever its name says */
  | 'wrongType'
  | 'empty'
  /** its structure is damaged or two kinds at once */
  | 'broken'
  /** protected by a password */
  | 'encrypted'
  /** holds programs or other files */
  | 'active'
  /** more pixels than allowed (`maxPixels`) */
  | 'tooManyPixels'
  | 'infected'
  /** the virus scanner does not answer: nothing passes unscanned */
  | 'unscanned'
  /** the application has its number of files */
  | 'tooManyFiles'
  /** more files than anybody hands in by hand */
  | 'often'
  /** the draft is gone or handed in */
  | 'gone'
  /** the connection broke off */
  | 'aborted';

export class UploadError extends Error {
  readonly code: UploadErrorCode;
  readonly params: Readonly<Record<string, number>>;

  constructor(code: UploadErrorCode, params: Readonly<Record<string, number>> = {}) {
    super(`Upload refused: ${code}`);
    this.name = 'UploadError';
    this.code = code;
    this.params = params;
  }
}
