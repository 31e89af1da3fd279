@echo off
rem Finds a Python {python} and starts files\install.py with it; all else is decided there.
rem The lines before the last label are ASCII: cmd.exe reads a batch file in the code page of the machine.
setlocal disabledelayedexpansion
set "PYTHON_MANAGER_AUTOMATIC_INSTALL=false"
set "HERE=%~dp0"
if not exist "%HERE%files\install.py" goto packed
set "PY="
call :try "%LOCALAPPDATA%\Programs\Python\Python{digits}\python.exe"
call :try "%LOCALAPPDATA%\Python\pythoncore-{python}-64\python.exe"
call :try "%ProgramFiles%\Python{digits}\python.exe"
for /f "delims=" %%P in ('py -{python} -c "import sys; print(sys.executable)" 2^>nul') do call :try "%%P"
for /f "delims=" %%P in ('where python 2^>nul') do call :try "%%P"
if not defined PY call :get
if not defined PY goto nopython
"%PY%" -I -B "%HERE%files\install.py" %*
set "CODE=%ERRORLEVEL%"
if "%CODE%"=="1" if "%~1"=="" pause
exit /b %CODE%

:try
if defined PY exit /b
if not exist "%~1" exit /b
"%~1" -I -c "import sys, struct; sys.exit(sys.version_info[:2] != ({comma}) or struct.calcsize('P') != 8 or 'WindowsApps' in sys.base_prefix)" >nul 2>nul
if errorlevel 1 exit /b
set "PY=%~1"
exit /b

:get
set "SETUP=%HERE%files\python\{installer}"
if not exist "%SETUP%" exit /b
certutil -hashfile "%SETUP%" SHA256 | findstr /i /c:"{sha256}" >nul
if errorlevel 1 exit /b
echo Python {python} ...
start "" /wait "%SETUP%" /quiet InstallAllUsers=0 InstallLauncherAllUsers=0 PrependPath=0 AssociateFiles=0 Shortcuts=0 Include_doc=0 Include_test=0
call :try "%LOCALAPPDATA%\Programs\Python\Python{digits}\python.exe"
exit /b

:nopython
chcp 65001 >nul
type "%HERE%files\no-python.txt"
if "%~1"=="" pause
exit /b 5

:packed
chcp 65001 >nul
echo {packed_en}
echo {packed_zh}
if "%~1"=="" pause
exit /b 5
