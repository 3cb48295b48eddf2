# Installs Ferry on Windows: downloads the executable, checks its SHA-256 and puts it into a folder
# of the user's, which it adds to the user's Path.
#
#   FERRY_BASE_URL     where the downloads are; a release's own copy of this script knows it
#   FERRY_INSTALL_DIR  where the executable goes (default: %LocalAppData%\Programs\ferry)
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
[Net.ServicePointManager]::SecurityProtocol = [Net.SecurityProtocolType]::Tls12

$base = if ($env:FERRY_BASE_URL) { $env:FERRY_BASE_URL } else { '@DOWNLOADS@' }
if ($base.StartsWith('@')) {
  throw 'Cannot install ferry: set FERRY_BASE_URL, this copy of the script does not know where the downloads are'
}
$dir = if ($env:FERRY_INSTALL_DIR) { $env:FERRY_INSTALL_DIR } else { Join-Path $env:LOCALAPPDATA 'Programs\ferry' }
$name = 'ferry-windows-x64.exe'

$work = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
New-Item -ItemType Directory -Path $work | Out-Null
try {
  $sums = Join-Path $work 'SHA256SUMS'
  Invoke-WebRequest -UseBasicParsing -Uri "$base/SHA256SUMS" -OutFile $sums
  $line = Get-Content $sums | Where-Object { $_ -match "^[0-9a-f]{64} [ *]$([regex]::Escape($name))$" }
  if (-not $line) { throw "Cannot install ferry: there is no $name at $base" }
  $wanted = ([string]$line).Substring(0, 64)

  Write-Output "Downloading $base/$name"
  $file = Join-Path $work $name
  Invoke-WebRequest -UseBasicParsing -Uri "$base/$name" -OutFile $file
  $found = (Get-FileHash -Algorithm SHA256 $file).Hash.ToLowerInvariant()
  if ($found -ne $wanted) {
    throw "Cannot install ferry: the download is not what SHA256SUMS says ($found instead of $wanted)"
  }

  New-Item -ItemType Directory -Force -Path $dir | Out-Null
  $target = Join-Path $dir 'ferry.exe'
  Move-Item -Force $file $target
  Write-Output "Installed $(& $target --version) as $target, its SHA-256 checked"

  $path = [Environment]::GetEnvironmentVariable('Path', 'User')
  if (($path -split ';') -notcontains $dir) {
    [Environment]::SetEnvironmentVariable('Path', ((@($path -split ';') + $dir | Where-Object { $_ }) -join ';'), 'User')
    Write-Output "Added $dir to your Path: open a new terminal to use it"
  }
} finally {
  Remove-Item -Recurse -Force $work
}
