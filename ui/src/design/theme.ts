// Reads the CSS tokens so that canvas drawings (charts, map) follow the theme.

export type ThemeName = 'dark' | 'light'

export interface Tokens {
  name: ThemeName
  ground: string
  panel: string
  raised: string
  line: string
  text: string
  text2: string
  accent: string
  success: string
  warning: string
  danger: string
  markStroke: string
  water: string
  landAround: string
  font: string
}

export const DARK: Tokens = {
  name: 'dark',
  ground: '#0b1622',
  panel: '#13212f',
  raised: '#1b2d3f',
  line: '#2a4157',
  text: '#e6eef6',
  text2: '#a9bacb',
  accent: '#4aa3ff',
  success: '#2f9e63',
  warning: '#d98a00',
  danger: '#d6453d',
  markStroke: '#ffffff',
  water: '#1e4263',
  landAround: '#0f1c29',
  font: '"Noto Sans CJK SC","Source Han Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif',
}

export const LIGHT: Tokens = {
  ...DARK,
  name: 'light',
  ground: '#f4f6f8',
  panel: '#ffffff',
  raised: '#eaeff4',
  line: '#d5dde5',
  text: '#1b2733',
  text2: '#55636f',
  accent: '#0b62c4',
  markStroke: '#333333',
  water: '#b9d4ea',
  landAround: '#e9edf1',
}

/** The tokens of a theme, as canvas drawings need them (a test holds them equal to tokens.css). */
export function tokensOf(theme: ThemeName): Tokens {
  return theme === 'dark' ? DARK : LIGHT
}

/** The family names of the font stack, for engines that want a list. */
export function fontFamilies(tokens: Tokens): string[] {
  return tokens.font.split(',').map((name) => name.replaceAll('"', '').trim())
}
