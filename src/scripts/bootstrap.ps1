# Runs a script of aws:executeScript. Its input comes over the channel, a socket on standard input, and its result goes
# back over it: four bytes of length, then JSON.
$channel = [System.Net.Sockets.Socket]::new([System.Net.Sockets.SafeSocketHandle]::new([IntPtr]0, $false))
$received = [System.IO.MemoryStream]::new()
$part = [byte[]]::new(65536)
while (($count = $channel.Receive($part)) -gt 0) { $received.Write($part, 0, $count) }
$request = [System.Text.Encoding]::UTF8.GetString($received.ToArray()) | ConvertFrom-Json
$env:InputPayload = $request.payload
$ErrorActionPreference = 'Stop'
$InformationPreference = 'Continue'
$ProgressPreference = 'SilentlyContinue'
try {
    $global:LASTEXITCODE = 0
    $written = @(& (Join-Path (Get-Location) 'customer_script.ps1'))
    if (-not $? -and $global:LASTEXITCODE -ne 0) { throw "the script ended with exit code $global:LASTEXITCODE" }
    $value = if ($written.Count -gt 0) { $written[-1] } else { $null }
    $json = if ($null -eq $value) { 'null' } else { ConvertTo-Json -InputObject $value -Depth 100 -Compress }
    $reply = '{"ok":' + $json + '}'
} catch {
    $trace = @($_.ScriptStackTrace -split "`n" | Where-Object { $_ -match 'customer_script|\.psm?1' })
    $failure = @{ type = $_.Exception.GetType().Name; message = $_.Exception.Message; trace = $trace }
    $reply = ConvertTo-Json -InputObject @{ error = $failure } -Depth 5 -Compress
}
$data = [System.Text.Encoding]::UTF8.GetBytes($reply)
$length = [System.BitConverter]::GetBytes([uint32]$data.Length)
if ([System.BitConverter]::IsLittleEndian) { [System.Array]::Reverse($length) }
foreach ($bytes in $length, $data) {
    $sent = 0
    while ($sent -lt $bytes.Length) {
        $sent += $channel.Send($bytes, $sent, $bytes.Length - $sent, [System.Net.Sockets.SocketFlags]::None)
    }
}
exit 0
