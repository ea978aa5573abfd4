/** What the routes call: one function a page. */
export { home, legal, servicePage, start, toLanguage } from './services.ts';
export { applyPage, postApply } from './apply.ts';
export { helpPage, postHelp } from './help.ts';
export { confirmPage, postConfirm } from './confirm.ts';
export { keepSession, resumePage, resume, save } from './resume.ts';
export { endPage, endSession } from './end.ts';
export { answerPage, postAnswer } from './answer.ts';
export { receipt, receiptPdf, status, statusForm, openStatus } from './after.ts';
export type { Shown } from './shown.ts';
export { failure } from './failure.ts';
export { chooseStation, leftPage, login, loginDone, logout, logoutPage, nextPerson, stationPage, toCounter } from './counter.ts';
export { counterAnswerPage, postCounterAnswer } from './counter-answer.ts';
export { counterStart, postIntake } from './intake.ts';
export { postSheet, sheetPage } from './sheet.ts';
export { counterFailure } from './clerk.ts';
export { finishPrintPage, printedFile, printPage, printsPage } from './prints.ts';
export { deskList, deskPage, postDeskList, toDesk } from './desk.ts';
export { deskCasePage, postDeskCase } from './desk-case.ts';
