Attribute VB_Name = "CollabRibbon"
' The callbacks of the ribbon (customUI14.xml). Each button runs one fixed Python command; what it does is decided there.
'
' Called by: Excel, through onAction, getLabel, getScreentip and getSupertip.
' Needs: module xlwings (RunPython), the hidden sheets CollabLabels (texts) and collab_xl.conf (the interpreter).
' Errors: none reach Excel. CollabRun shows them in one sentence; 91 (no workbook) is asked for beforehand.
' Messages about the work itself come from Python, which also keeps the log.
' ASCII with CRLF, and no conditional compilation, so that the same text runs in LibreOffice for the tests.
Option Explicit

Private Const COLLAB_LABELS As String = "CollabLabels"
Private Const COLLAB_CONFIG As String = "collab_xl.conf"
Private Const COLLAB_FOLDER As String = "collab-xl"
Private Const COLLAB_LONGEST_PATH As Long = 218

' Folders (Mac) into which the person did not want us to write; asked again when Excel is started again.
Private CollabRefused As String

' The person's settings before Python was started (CollabKept).
Private CollabBefore As Variant

Public Sub CollabInit(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('init')", control.ID, False
End Sub

Public Sub CollabImport(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('import')", control.ID, False
End Sub

Public Sub CollabIssue(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('issue')", control.ID, True
End Sub

Public Sub CollabSendPacks(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('sendpacks')", control.ID, True
End Sub

Public Sub CollabSendReceipts(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('sendreceipts')", control.ID, True
End Sub

Public Sub CollabSendReturns(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('sendreturns')", control.ID, True
End Sub

Public Sub CollabSendWeek(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('sendweek')", control.ID, True
End Sub

Public Sub CollabChase(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('chase')", control.ID, True
End Sub

Public Sub CollabCollect(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('collect')", control.ID, True
End Sub

Public Sub CollabCheck(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('check')", control.ID, True
End Sub

Public Sub CollabFlag(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('flag')", control.ID, True
End Sub

Public Sub CollabPreview(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('preview')", control.ID, True
End Sub

Public Sub CollabConsolidate(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('consolidate')", control.ID, True
End Sub

Public Sub CollabResolve(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('resolve')", control.ID, True
End Sub

Public Sub CollabWeek(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('week')", control.ID, True
End Sub

Public Sub CollabWeekThis(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('weekthis')", control.ID, True
End Sub

Public Sub CollabWeekLast(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('weeklast')", control.ID, True
End Sub

Public Sub CollabWeekOther(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('weekother')", control.ID, True
End Sub

Public Sub CollabPdf(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('pdf')", control.ID, True
End Sub

Public Sub CollabEscalate(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('escalate')", control.ID, True
End Sub

Public Sub CollabCompare(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('compare')", control.ID, True
End Sub

Public Sub CollabCompareBase(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('comparebase')", control.ID, True
End Sub

Public Sub CollabCompareOther(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('compareother')", control.ID, True
End Sub

Public Sub CollabBaselineSet(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('baselineset')", control.ID, True
End Sub

Public Sub CollabBaselineSign(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('baselinesign')", control.ID, True
End Sub

Public Sub CollabBaselineCompare(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('baselinecompare')", control.ID, True
End Sub

Public Sub CollabAgenda(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('agenda')", control.ID, True
End Sub

Public Sub CollabGantt(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('gantt')", control.ID, True
End Sub

Public Sub CollabCalendar(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('calendar')", control.ID, True
End Sub

Public Sub CollabPortfolio(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('portfolio')", control.ID, True
End Sub

Public Sub CollabClose(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('close')", control.ID, True
End Sub

Public Sub CollabUndo(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('undo')", control.ID, True
End Sub

Public Sub CollabRedo(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('redo')", control.ID, True
End Sub

Public Sub CollabLog(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('log')", control.ID, True
End Sub

Public Sub CollabDoctor(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('doctor')", control.ID, False
End Sub

Public Sub CollabSettings(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('settings')", control.ID, True
End Sub

Public Sub CollabHelp(ByVal control As IRibbonControl)
    CollabRun "import collab_xl.addin.ribbon; collab_xl.addin.ribbon.run('help')", control.ID, False
End Sub

Public Sub CollabGetLabel(ByVal control As IRibbonControl, ByRef returnedVal As Variant)
    returnedVal = CollabText(control.ID, "label")
End Sub

Public Sub CollabGetScreentip(ByVal control As IRibbonControl, ByRef returnedVal As Variant)
    returnedVal = CollabText(control.ID, "label")
End Sub

Public Sub CollabGetSupertip(ByVal control As IRibbonControl, ByRef returnedVal As Variant)
    returnedVal = CollabText(control.ID, "tip")
End Sub

' The name of the workbook in front as hexadecimal UTF-16, "" without one. A name goes to a shell, and some names are
' commands there ($(x).xlsx on the Mac, a quote, a bar); = would cut it. Digits cannot be taken for anything else.
' Called by: module xlwings. Read by: collab_xl/addin/caller.py.
Public Function CollabCaller() As String
    Dim book As Object
    Dim position As Long
    Set book = CollabFrontWorkbook()
    If book Is Nothing Then Exit Function
    For position = 1 To Len(book.Name)
        CollabCaller = CollabCaller & Right$("000" & Hex$(AscW(Mid$(book.Name, position, 1)) And &HFFFF&), 4)
    Next position
    CollabCaller = "u16:" & CollabCaller
End Function

' Python broke off: what it said last goes below our sentence. Called by: module xlwings (on the Mac also when Python has ended).
Public Sub CollabStopped(ByVal details As String)
    On Error Resume Next
    Application.StatusBar = False
    CollabSetBack
    CollabTell CollabText("CollabMsgStopped", "label") & vbCrLf & vbCrLf & Right$(details, 600)
End Sub

Private Sub CollabRun(ByVal command As String, ByVal buttonId As String, ByVal needsWorkbook As Boolean)
    On Error GoTo failed
    If CollabInterpreter() = "" Then
        CollabTell CollabText("CollabMsgNotInstalled", "label")
        Exit Sub
    End If
    If needsWorkbook And CollabFrontWorkbook() Is Nothing Then
        CollabTell CollabText("CollabMsgNoWorkbook", "label")
        Exit Sub
    End If
    Application.StatusBar = CollabText(buttonId, "label") & " ..."
    If CollabDeskTakes(command, needsWorkbook) Then Exit Sub
    If needsWorkbook And InStr(Application.OperatingSystem, "Mac") > 0 Then CollabCopyBeside
    CollabBefore = CollabKept()
    RunPython command
    ' On the Mac RunPython returns at once and Python resets the status bar when it is done.
    If InStr(Application.OperatingSystem, "Mac") = 0 Then Application.StatusBar = False
    Exit Sub
failed:
    CollabFailed Err.Number, Err.Description
End Sub

' Hands the click to the desk (collab-xl desk), if one is running: True if the desk has taken it. It only queues, so this
' macro ends at once; the desk works while Excel is idle and resets the status bar. The verb stands between quotes in the command.
' A desk that looks for copies elsewhere refuses ours and then makes its own.
Private Function CollabDeskTakes(ByVal command As String, ByVal needsWorkbook As Boolean) As Boolean
    Dim desk As Object
    Dim verb As String
    Dim copy As String
    Dim first As Long
    first = InStr(command, "'") + 1
    verb = Mid$(command, first, InStr(first, command, "'") - first)
    Set desk = CollabDesk()
    If desk Is Nothing Then Exit Function
    If needsWorkbook Then copy = CollabCopy()
    On Error GoTo failed
    CollabDeskTakes = desk.Click(verb, CollabWindow(), CollabCaller(), copy)
    If copy <> "" And Not CollabDeskTakes Then
        CollabDelete copy
        CollabDeskTakes = desk.Click(verb, CollabWindow(), CollabCaller(), "")
    End If
    Exit Function
failed:
    CollabDeskTakes = False
    CollabDelete copy
End Function

' The path of a copy of the workbook in front, with the cells nobody has saved; "" where none can be made: Python then tries, and
' says why. The desk deletes it. Read by: collab_xl/desk/click.py, which takes no other folder and no other names.
Private Function CollabCopy() As String
    Dim files As Object
    Dim book As Object
    Dim path As String
    Dim ending As String
    Dim quiet As Boolean
    On Error GoTo failed
    Set book = CollabFrontWorkbook()
    ending = LCase$(Mid$(book.Name, InStrRev(book.Name, ".") + 1))
    If ending <> "xlsx" And ending <> "xlsm" Then Exit Function
    Set files = CollabFiles()
    path = files.BuildPath(files.GetSpecialFolder(2).Path, COLLAB_FOLDER)
    If Not files.FolderExists(path) Then files.CreateFolder path
    path = files.BuildPath(path, "collab-" & CollabRandom() & CollabRandom() & "." & ending)
    If Len(path) > COLLAB_LONGEST_PATH Then Exit Function
    If files.FileExists(path) Then Exit Function
    If Application.EnableEvents Then
        Application.EnableEvents = False
        quiet = True
    End If
    book.SaveCopyAs path
    CollabCopy = path
failed:
    If quiet Then Application.EnableEvents = True
    If CollabCopy = "" And path <> "" Then CollabDelete path
End Function

' The Mac: Excel may write only where the person has allowed it, and is asked once for the .collab folder beside the master. The copy
' lies there for the Python that is started next. Without it Python reads Excel in blocks. NOT TESTED on a Mac.
Private Sub CollabCopyBeside()
    Dim book As Object
    Dim folder As String
    Dim dot As Long
    Dim quiet As Boolean
    On Error GoTo failed
    Set book = CollabFrontWorkbook()
    dot = InStrRev(book.Name, ".")
    If dot = 0 Or InStr(book.Path, "://") > 0 Then Exit Sub
    folder = book.Worksheets("_collab").Name
    folder = book.Path & "/" & Left$(book.Name, dot - 1) & ".collab"
    If InStr(CollabRefused, "|" & folder & "|") > 0 Then Exit Sub
    If Not CollabGranted(folder) Then
        CollabRefused = CollabRefused & "|" & folder & "|"
        Exit Sub
    End If
    If Application.EnableEvents Then
        Application.EnableEvents = False
        quiet = True
    End If
    book.SaveCopyAs folder & "/collab-click" & Mid$(book.Name, dot)
failed:
    If quiet Then Application.EnableEvents = True
End Sub

' The settings that a click changes: a Python that was killed leaves them so, and the option for tables outlives Excel. What it took
' off the workbook Python has noted; the next click sets that right.
Private Function CollabKept() As Variant
    Dim app As Object
    Dim found(2) As Variant
    Set app = Application
    On Error Resume Next
    found(0) = app.EnableEvents
    found(1) = app.Calculation
    found(2) = app.AutoCorrect.AutoFillFormulasInLists
    CollabKept = found
End Function

Private Sub CollabSetBack()
    Dim app As Object
    Set app = Application
    On Error Resume Next
    If Not IsArray(CollabBefore) Then Exit Sub
    If Not IsEmpty(CollabBefore(0)) Then app.EnableEvents = CollabBefore(0)
    If Not IsEmpty(CollabBefore(1)) Then app.Calculation = CollabBefore(1)
    If Not IsEmpty(CollabBefore(2)) Then app.AutoCorrect.AutoFillFormulasInLists = CollabBefore(2)
End Sub

' VBA's own functions for files know only the characters of the system's code page. Called by: module xlwings, too.
Public Function CollabFiles() As Object
    Set CollabFiles = CreateObject("Scripting.FileSystemObject")
End Function

' What Python has said last. Called by: module xlwings.
Public Function CollabTextOf(ByVal path As String) As String
    Dim stream As Object
    Set stream = CollabFiles().OpenTextFile(path)
    If Not stream.AtEndOfStream Then CollabTextOf = stream.ReadAll
    stream.Close
End Function

Public Sub CollabDelete(ByVal path As String)
    Dim files As Object
    On Error Resume Next
    Set files = CollabFiles()
    If path <> "" Then
        If files.FileExists(path) Then files.DeleteFile path
    End If
End Sub

' Eight hexadecimal digits.
Private Function CollabRandom() As String
    Randomize
    CollabRandom = LCase$(Right$("0000000" & Hex$(Int(Rnd() * 2147483647#)), 8))
End Function

' The desk's object, Nothing without a desk (error 429; also where Excel runs elevated or in another session).
Private Function CollabDesk() As Object
    On Error Resume Next
    Set CollabDesk = GetObject(, "CollabXl.Desk")
End Function

Private Function CollabWindow() As Long
    CollabWindow = Application.Hwnd
End Function

Private Sub CollabFailed(ByVal number As Long, ByVal description As String)
    On Error Resume Next
    Application.StatusBar = False
    CollabTell CollabText("CollabMsgFailed", "label") & vbCrLf & vbCrLf & number & ": " & description
End Sub

' The workbook the user looks at. Nothing: none is open, or the one in front is in Protected View (then another
' workbook behind it would be meant by ActiveWorkbook). The Mac has no Protected View: asked for late.
Private Function CollabFrontWorkbook() As Object
    Dim app As Object
    Dim guarded As Object
    Set app = Application
    On Error Resume Next
    Set guarded = app.ActiveProtectedViewWindow
    If guarded Is Nothing Then Set CollabFrontWorkbook = app.ActiveWorkbook
End Function

' The interpreter `collab-xl addin install` wrote into the add-in, "" before that.
Private Function CollabInterpreter() As String
    Dim key As String
    Dim row As Long
    key = "INTERPRETER_WIN"
    If InStr(Application.OperatingSystem, "Mac") > 0 Then key = "INTERPRETER_MAC"
    row = CollabRow(COLLAB_CONFIG, key)
    If row > 0 Then CollabInterpreter = CStr(ThisWorkbook.Worksheets(COLLAB_CONFIG).Cells(row, 2).Value)
End Function

' A text of sheet CollabLabels in Excel's language: columns id, label zh, label en, tip zh, tip en. The id where it is missing.
Private Function CollabText(ByVal id As String, ByVal what As String) As String
    Dim row As Long
    Dim column As Long
    CollabText = id
    row = CollabRow(COLLAB_LABELS, id)
    If row = 0 Then Exit Function
    column = 2
    If what = "tip" Then column = 4
    If Not CollabChinese() Then column = column + 1
    CollabText = CStr(ThisWorkbook.Worksheets(COLLAB_LABELS).Cells(row, column).Value)
End Function

' The row of a key in column A, 0 where it is missing. The lists end at the first blank cell.
Private Function CollabRow(ByVal sheetName As String, ByVal key As String) As Long
    Dim sheet As Object
    Dim row As Long
    Set sheet = ThisWorkbook.Worksheets(sheetName)
    row = 1
    Do While CStr(sheet.Cells(row, 1).Value) <> ""
        If CStr(sheet.Cells(row, 1).Value) = key Then
            CollabRow = row
            Exit Function
        End If
        row = row + 1
    Loop
End Function

' Whether Excel's own language is Chinese (primary language 4 of msoLanguageIDUI = 2); the country where it cannot be asked.
Private Function CollabChinese() As Boolean
    Dim app As Object
    Dim language As Long
    Set app = Application
    On Error Resume Next
    language = app.LanguageSettings.LanguageID(2)
    If language = 0 Then
        CollabChinese = (app.International(1) = 86)
    Else
        CollabChinese = ((language And &H3FF) = 4)
    End If
End Function

' Windows' MsgBox cannot show Chinese on an English system, its script host can; it may be forbidden, and the Mac has none.
Private Sub CollabTell(ByVal message As String)
    Dim shell As Object
    On Error Resume Next
    Set shell = CreateObject("WScript.Shell")
    shell.Popup message, 0, "collab_xl", vbExclamation
    If Err.Number <> 0 Then MsgBox message, vbExclamation, "collab_xl"
End Sub
