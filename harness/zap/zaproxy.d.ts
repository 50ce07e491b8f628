/** The part of the client that is used; it comes without types. Arguments in lower case, answers as ZAP's JSON. */
declare module 'zaproxy' {
  type Answer = Promise<unknown>
  type Call<Names extends string, Optional extends string = never> = (
    args: Record<Names, string> & Partial<Record<Optional, string>>,
  ) => Answer

  export default class ZapClient {
    constructor(options: { readonly apiKey: string; readonly proxy: object })
    request(path: string, data?: object, format?: string, method?: string): Answer
    readonly alert: {
      alerts: Call<never, 'baseurl' | 'start' | 'count'>
      addAlert: Call<
        'messageid' | 'name' | 'riskid' | 'confidenceid' | 'description',
        'cweid' | 'wascid' | 'evidence' | 'solution' | 'param' | 'attack'
      >
    }
    readonly ascan: {
      scan: Call<'contextid' | 'recurse'>
      status: Call<'scanid'>
      stop: Call<'scanid'>
      scanners: Call<never>
      messagesIds: Call<'scanid'>
      excludeFromScan: Call<'regex'>
      clearExcludedFromScan: () => Answer
      setOptionThreadPerHost: Call<'integer'>
      setOptionDelayInMs: Call<'integer'>
    }
    readonly autoupdate: { installedAddons: () => Answer }
    readonly context: {
      newContext: Call<'contextname'>
      removeContext: Call<'contextname'>
      includeInContext: Call<'contextname' | 'regex'>
      excludeFromContext: Call<'contextname' | 'regex'>
    }
    readonly core: {
      version: () => Answer
      newSession: Call<never, 'overwrite'>
      setMode: Call<'mode'>
      accessUrl: Call<'url', 'followredirects'>
      message: Call<'id'>
      messages: Call<never, 'baseurl' | 'start' | 'count'>
      numberOfMessages: Call<never, 'baseurl'>
      fileUpload: Call<'filename' | 'filecontents'>
      shutdown: () => Answer
    }
    readonly network: {
      addRateLimitRule: Call<
        'description' | 'enabled' | 'matchregex' | 'matchstring' | 'requestspersecond' | 'groupby'
      >
      removeRateLimitRule: Call<'description'>
    }
    readonly openapi: { importFile: Call<'file' | 'target' | 'contextid'> }
    readonly pscan: {
      recordsToScan: () => Answer
      scanners: () => Answer
      setScanOnlyInScope: Call<'onlyinscope'>
    }
    readonly replacer: {
      addRule: Call<
        'description' | 'enabled' | 'matchtype' | 'matchregex' | 'matchstring' | 'replacement' | 'url'
      >
      removeRule: Call<'description'>
    }
    readonly script: { setGlobalVar: Call<'varkey' | 'varvalue'>; clearGlobalVar: Call<'varkey'> }
    readonly spider: {
      scan: Call<'url' | 'contextname'>
      status: Call<'scanid'>
      stop: Call<'scanid'>
      excludeFromScan: Call<'regex'>
      clearExcludedFromScan: () => Answer
      setOptionThreadCount: Call<'integer'>
    }
  }
}
