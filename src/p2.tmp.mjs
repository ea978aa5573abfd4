import {fieldTypes} from '#fields/all'; import {readPackage, explore} from '#package'; import {Coverage} from './package/observe.ts';
const p=readPackage('flows/housing-benefit', fieldTypes).package; explore(p,{today:'2026-03-02',coverage:new Coverage(),maxStates:1500});
