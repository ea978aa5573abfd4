/** Files that people hand in: streamed in, looked at, sealed, stored; and streamed out again. */
export { clamd, type Scanner, type VirusScan } from './clamd.ts';
export { UploadError, type UploadErrorCode } from './errors.ts';
export type { FileKind } from './inspect.ts';
export {
  type FilePart,
  type Form,
  type FormField,
  type IncomingFile,
  MultipartError,
  type MultipartErrorCode,
  type MultipartOptions,
  type MultipartSource,
  readMultipart,
} from './multipart.ts';
export { type FileOwner, openFile, removeFile, storeUpload, type StoredFile, type Upload, type UploadContext } from './uploads.ts';
export { fileName } from './text.ts';
