# Completions of ferry for PowerShell.
Register-ArgumentCompleter -Native -CommandName ferry -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
    Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { "$_" })
  & "$($commandAst.CommandElements[0])" completions powershell '--' @words "=$wordToComplete" 2> $null |
    Select-Object -Skip 1 | ForEach-Object {
      $value, $help = $_ -split "`t", 2
      if (-not $help) { $help = $value }
      [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $help)
    }
}
