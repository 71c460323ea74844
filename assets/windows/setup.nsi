; The Windows installer: for one person, without administrator rights.
; Set by the release: VERSION (text), NUMBERS (four, separated by dots), FILES (folder with what
; is installed), REMOVE_FILES (a file with the deletion of each of those), OUT (the installer),
; KILOBYTES (what is installed takes).
Unicode true
Target amd64-unicode
ManifestDPIAware true
SetCompressor /SOLID lzma
; Both programs fit into it, so that what they share is stored once.
SetCompressorDictSize 128
RequestExecutionLevel user

!include MUI2.nsh
!include WinVer.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Fotabench"

Name "Fotabench"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Fotabench"
InstallDirRegKey HKCU "Software\Fotabench" "Folder"
BrandingText "Fotabench ${VERSION}"

VIProductVersion "${NUMBERS}"
VIAddVersionKey /LANG=0 "ProductName" "Fotabench"
VIAddVersionKey /LANG=0 "CompanyName" "the Fotabench authors"
VIAddVersionKey /LANG=0 "FileDescription" "Fotabench setup"
VIAddVersionKey /LANG=0 "FileVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "ProductVersion" "${VERSION}"
VIAddVersionKey /LANG=0 "LegalCopyright" "Copyright 2026 the Fotabench authors, MIT licence"

!define MUI_ICON "..\icons\fotabench.ico"
!define MUI_UNICON "..\icons\fotabench.ico"
!define MUI_ABORTWARNING
!define MUI_FINISHPAGE_RUN "$INSTDIR\fotabench.exe"
!insertmacro MUI_PAGE_LICENSE "${FILES}\LICENSE"
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"
!insertmacro MUI_LANGUAGE "SimpChinese"

LangString OLD ${LANG_ENGLISH} "Fotabench needs Windows 10 or 11, 64 bit."
LangString OLD ${LANG_SIMPCHINESE} "Fotabench 需要 64 位的 Windows 10 或 11。"
LangString OPEN ${LANG_ENGLISH} "Fotabench is running. Let its upgrades end, close it, and try again."
LangString OPEN ${LANG_SIMPCHINESE} "Fotabench 正在运行。请等升级结束后关闭它，再重试。"
LangString PROMPT ${LANG_ENGLISH} "Fotabench command line"
LangString PROMPT ${LANG_SIMPCHINESE} "Fotabench 命令行"
LangString REMOVE ${LANG_ENGLISH} "Uninstall Fotabench"
LangString REMOVE ${LANG_SIMPCHINESE} "卸载 Fotabench"

Function .onInit
	${IfNot} ${AtLeastWin10}
		MessageBox MB_OK|MB_ICONSTOP "$(OLD)" /SD IDOK
		SetErrorLevel 3
		Quit
	${EndIf}
FunctionEnd

; A program that runs cannot be replaced, and must not be: it may be upgrading a device.
; Silently, the setup ends with 4.
!macro REFUSE_WHILE_OPEN PROGRAM
	${Do}
		${IfNot} ${FileExists} "$INSTDIR\${PROGRAM}"
			${Break}
		${EndIf}
		ClearErrors
		FileOpen $0 "$INSTDIR\${PROGRAM}" a
		${IfNot} ${Errors}
			FileClose $0
			${Break}
		${EndIf}
		MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$(OPEN)" /SD IDCANCEL IDRETRY +3
		SetErrorLevel 4
		Quit
	${Loop}
!macroend
!macro REFUSE_WHILE_RUNNING
	!insertmacro REFUSE_WHILE_OPEN fotabench.exe
	!insertmacro REFUSE_WHILE_OPEN fotabench.com
!macroend

Section
	!insertmacro REFUSE_WHILE_RUNNING
	; What an older version had and this one has not goes with that.
	${If} ${FileExists} "$INSTDIR\uninstall.exe"
		ExecWait '"$INSTDIR\uninstall.exe" /S _?=$INSTDIR'
	${EndIf}
	SetOutPath "$INSTDIR"
	File /r "${FILES}\*"
	WriteUninstaller "$INSTDIR\uninstall.exe"

	CreateDirectory "$SMPROGRAMS\Fotabench"
	CreateShortcut "$SMPROGRAMS\Fotabench\Fotabench.lnk" "$INSTDIR\fotabench.exe"
	CreateShortcut "$SMPROGRAMS\Fotabench\$(PROMPT).lnk" "$SYSDIR\cmd.exe" '/k "title Fotabench & fotabench --help"' "$INSTDIR\fotabench.exe"
	CreateShortcut "$SMPROGRAMS\Fotabench\$(REMOVE).lnk" "$INSTDIR\uninstall.exe"

	WriteRegStr HKCU "Software\Fotabench" "Folder" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Fotabench"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\fotabench.exe"
	WriteRegStr HKCU "${UNINSTALL}" "Publisher" "the Fotabench authors"
	WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${KILOBYTES}
	WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
SectionEnd

; The journal and the settings stay: an upgrade whose device has not answered yet
; can be settled after the program was installed again.
Section "Uninstall"
	!insertmacro REFUSE_WHILE_RUNNING
	; One by one, so that nothing of somebody else's goes with them.
	!include "${REMOVE_FILES}"
	Delete "$INSTDIR\uninstall.exe"
	; Fails, and is meant to, when somebody put a file of theirs there, such as Mesa's opengl32.dll.
	RMDir "$INSTDIR"
	RMDir /r "$SMPROGRAMS\Fotabench"
	DeleteRegKey HKCU "${UNINSTALL}"
	DeleteRegKey HKCU "Software\Fotabench"
SectionEnd
