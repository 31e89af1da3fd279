Attribute VB_Name = "CollabBlocks"
' Two calls of Python in place of hundreds: what could be in the way on some sheets, and a list of blocks of cells to write.
'
' Called by: collab_xl/excel/macro.py, through Application.Run (docs/decisions/0032-write-by-one-macro.md).
' Decides nothing: Python says what is written, reads it back and takes it back. Without these macros it makes the calls itself.
' Errors: none reach Excel. The answer says what happened.
' ASCII with CRLF, and no conditional compilation, so that the same text runs in LibreOffice for the tests.
Option Explicit

Private Const COLLAB_PROTOCOL As String = "1"
Private Const COLLAB_WORDS As Long = 3
Private Const COLLAB_PARTS As Long = 4

' The answers to questions about sheets: the protocol, then a text for each question, "" where Excel has no answer.
' asked: three texts for each question: protected, hidden or table; the name of the sheet; the name of the table.
Public Function CollabAsk(ByVal bookName As String, ByVal asked As Variant) As String
    Dim number As Long
    CollabAsk = COLLAB_PROTOCOL
    For number = LBound(asked) To UBound(asked) Step COLLAB_WORDS
        CollabAsk = CollabAsk & "|" & CollabAnswer(bookName, CStr(asked(number)), CStr(asked(number + 1)), CStr(asked(number + 2)))
    Next number
End Function

Private Function CollabAnswer(ByVal bookName As String, ByVal what As String, ByVal sheetName As String, ByVal tableName As String) As String
    Dim sheet As Object
    Dim found As Variant
    On Error GoTo unknown
    Set sheet = Workbooks(bookName).Worksheets(sheetName)
    Select Case what
        Case "protected"
            CollabAnswer = CollabYesNo(sheet.ProtectContents)
        Case "hidden"
            found = sheet.Rows.Hidden
            CollabAnswer = CollabYesNo(found)
        Case "table"
            CollabAnswer = sheet.ListObjects(tableName).Range.Address
    End Select
    Exit Function
unknown:
    CollabAnswer = ""
End Function

' Null (some rows are hidden, others are not) counts as yes.
Private Function CollabYesNo(ByVal found As Variant) As String
    CollabYesNo = "y"
    If Not IsNull(found) Then
        If Not CBool(found) Then CollabYesNo = "n"
    End If
End Function

' Writes blocks of cells, after every one of their cells was found to be as Python has read it.
' parts: four for each block: sheet, address, rows, columns. before: the key of each cell, "*" for one that need not be compared.
' after: what is typed into each cell. length: characters of all texts given, so that nothing is written if they did not all arrive.
' Answers: done; arguments or changed n (nothing was written, n is the cell from 1); failed n and why (n is the block from 1; 0 before writing).
Public Function CollabWrite(ByVal bookName As String, ByVal parts As Variant, ByVal before As Variant, ByVal after As Variant, ByVal length As Double) As String
    Dim part As Long
    Dim at As Long
    Dim changed As Long
    Dim writing As Boolean
    On Error GoTo failed
    CollabUninterrupted
    If CollabLength(parts) + CollabLength(before) + CollabLength(after) <> length Then
        CollabWrite = "arguments"
        Exit Function
    End If
    at = 0
    For part = LBound(parts) To UBound(parts) Step COLLAB_PARTS
        changed = CollabChanged(bookName, parts, part, before, at)
        If changed > 0 Then
            CollabWrite = "changed " & (at + changed)
            Exit Function
        End If
        at = at + parts(part + 2) * parts(part + 3)
    Next part
    at = 0
    writing = True
    For part = LBound(parts) To UBound(parts) Step COLLAB_PARTS
        CollabPut bookName, parts, part, after, at
        at = at + parts(part + 2) * parts(part + 3)
    Next part
    CollabWrite = "done"
    Exit Function
failed:
    part = (part - LBound(parts)) \ COLLAB_PARTS + 1
    If Not writing Then part = 0
    CollabWrite = "failed " & part & " " & Err.Number & ": " & Err.Description
End Function

' Esc would stop the macro in the middle, with a dialog. Excel sets it back when the macro ends.
Private Sub CollabUninterrupted()
    On Error Resume Next
    Application.EnableCancelKey = 0
End Sub

Private Function CollabCells(ByVal bookName As String, ByVal parts As Variant, ByVal part As Long) As Object
    Set CollabCells = Workbooks(bookName).Worksheets(CStr(parts(part))).Range(CStr(parts(part + 1)))
End Function

' The first cell of a block that is not as it was, counted from 1; 0 if all are.
Private Function CollabChanged(ByVal bookName As String, ByVal parts As Variant, ByVal part As Long, ByVal before As Variant, ByVal at As Long) As Long
    Dim cells As Object
    Dim values As Variant
    Dim formulas As Variant
    Dim row As Long
    Dim column As Long
    Dim number As Long
    Dim found As String
    Set cells = CollabCells(bookName, parts, part)
    values = cells.Value
    formulas = cells.Formula
    For row = 1 To parts(part + 2)
        For column = 1 To parts(part + 3)
            number = number + 1
            If before(LBound(before) + at + number - 1) <> "*" Then
                If IsArray(values) Then
                    found = CollabKey(values(row, column), CStr(formulas(row, column)))
                Else
                    found = CollabKey(values, CStr(formulas))
                End If
                If found <> before(LBound(before) + at + number - 1) Then
                    CollabChanged = number
                    Exit Function
                End If
            End If
        Next column
    Next row
End Function

' What a cell is, as text: its formula, or a letter for the kind of its value and what Formula gives; "" for a blank.
Private Function CollabKey(ByVal value As Variant, ByVal formula As String) As String
    Dim kind As String
    If IsEmpty(value) And formula = "" Then Exit Function
    kind = "n"
    If IsError(value) Then
        kind = "e"
    ElseIf VarType(value) = vbString Then
        kind = "t"
    ElseIf VarType(value) = vbBoolean Then
        kind = "b"
    End If
    If Left$(formula, 1) = "=" Then
        If kind <> "t" Then
            kind = ""
        ElseIf value <> formula Then
            kind = ""
        End If
    End If
    CollabKey = kind & formula
End Function

Private Sub CollabPut(ByVal bookName As String, ByVal parts As Variant, ByVal part As Long, ByVal after As Variant, ByVal at As Long)
    Dim block() As Variant
    Dim row As Long
    Dim column As Long
    Dim number As Long
    number = LBound(after) + at
    If parts(part + 2) * parts(part + 3) = 1 Then
        CollabCells(bookName, parts, part).Value = after(number)
        Exit Sub
    End If
    ReDim block(1 To parts(part + 2), 1 To parts(part + 3))
    For row = 1 To parts(part + 2)
        For column = 1 To parts(part + 3)
            block(row, column) = after(number)
            number = number + 1
        Next column
    Next row
    CollabCells(bookName, parts, part).Value = block
End Sub

Private Function CollabLength(ByVal texts As Variant) As Double
    Dim number As Long
    For number = LBound(texts) To UBound(texts)
        CollabLength = CollabLength + 1
        If VarType(texts(number)) = vbString Then CollabLength = CollabLength + Len(texts(number))
    Next number
End Function
