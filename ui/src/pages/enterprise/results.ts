// A file of results: which files are taken, and the faults of its rows as a file of their own.
import type { ResultsReport } from '@/api/enterprise'

export type Fault = ResultsReport['faults'][number]
export const MOST_BYTES = 5 * 1024 * 1024
export const ACCEPT = '.csv,.xlsx,text/csv,application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'

/** Why a file cannot be sent at all: the key of the words, nothing for a good one. */
export function fileFault(file: Pick<File, 'name' | 'size'>): string {
  if (!/\.(csv|xlsx)$/i.test(file.name)) return 'badType'
  if (file.size === 0) return 'emptyFile'
  return file.size > MOST_BYTES ? 'tooLarge' : ''
}

/** A cell of a CSV file; a formula of a spreadsheet stays text. */
function cell(text: string | number): string {
  const plain = String(text)
  const safe = /^[=+\-@\t\r]/.test(plain) ? `'${plain}` : plain
  return /[",\n\r]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe
}

/** The faults as CSV, with a mark by which spreadsheets know the encoding. */
export function faultsCsv(faults: readonly Fault[], headings: readonly string[], words: (fault: Fault) => readonly (string | number)[]): string {
  return `\uFEFF${[headings, ...faults.map(words)].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`
}
