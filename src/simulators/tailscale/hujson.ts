/**
 * HuJSON (JWCC) as standard JSON: comments and trailing commas become spaces, outside of strings only
 * (https://github.com/tailscale/hujson).
 */
export function standardized(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
  const plain = text.replace(token, (found) => (found.startsWith('"') ? found : blank(found)))
  return plain.replace(/"(?:[^"\\]|\\.)*"|,(?=\s*[\]}])/g, (found) => (found === ',' ? ' ' : found))
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
