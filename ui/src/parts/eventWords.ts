/** Key, among the words of a time line, of a value of a field; the same code may mean something else in another field. */
export const valueKey = (field: string, value: string): string => `${field}=${value}`
